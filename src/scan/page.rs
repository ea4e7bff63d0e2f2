//! The pages of a column, one after the other: their levels and how their values are stored.

use bytes::{Buf as _, Bytes};
use parquet::basic::{Encoding, Type as Physical};
use parquet::column::page::{Page, PageReader};

use super::column::{ColumnCursor, Values};
use super::hybrid::Hybrid;
use crate::disk;
use crate::error::Result;

impl ColumnCursor<'_> {
    /// Makes a page with values left the page at hand; the number of rows, up to `wanted`, that it still holds.
    pub(super) fn page(&mut self, wanted: usize) -> Result<usize> {
        while self.page_left == 0 {
            let page = match self.pages.as_mut().map(PageReader::get_next_page) {
                Some(Ok(Some(page))) => page,
                Some(Ok(None)) | None => return Err(self.damaged("it ends before its rows do")),
                Some(Err(e)) => {
                    let path = self.file.on_disk().map(|held| held.input.path());
                    return Err(path
                        .and_then(|path| disk::failure_of_disk(path, &e))
                        .unwrap_or_else(|| self.damaged(&e.to_string())));
                }
            };
            self.enter(page)?;
        }
        let take = wanted.min(self.page_left);
        if self.pages.is_some() {
            self.page_left -= take;
        }
        Ok(take)
    }

    fn enter(&mut self, page: Page) -> Result<()> {
        match page {
            Page::DictionaryPage { buf, num_values, .. } => {
                self.dictionary_len = num_values as usize;
                self.dictionary = Some(buf);
                self.mapped = false;
                Ok(())
            }
            Page::DataPage { buf, num_values, encoding, .. } => {
                let mut data = buf;
                self.levels = None;
                if self.nullable {
                    if data.len() < 4 {
                        return Err(self.truncated());
                    }
                    let length = data.get_u32_le() as usize;
                    if data.len() < length {
                        return Err(self.truncated());
                    }
                    self.levels = Some(Hybrid::new(data.split_to(length), 1).map_err(|_| self.truncated())?);
                }
                self.page_left = num_values as usize;
                self.start_values(data, encoding)
            }
            Page::DataPageV2 { buf, num_values, encoding, def_levels_byte_len, rep_levels_byte_len, .. } => {
                let mut data = buf;
                let levels = def_levels_byte_len as usize + rep_levels_byte_len as usize;
                if data.len() < levels {
                    return Err(self.truncated());
                }
                let _ = data.split_to(rep_levels_byte_len as usize);
                let levels = data.split_to(def_levels_byte_len as usize);
                self.levels = None;
                if self.nullable {
                    self.levels = Some(Hybrid::new(levels, 1).map_err(|_| self.truncated())?);
                }
                self.page_left = num_values as usize;
                self.start_values(data, encoding)
            }
        }
    }

    fn start_values(&mut self, mut data: Bytes, encoding: Encoding) -> Result<()> {
        #[allow(deprecated)]
        let values = match encoding {
            Encoding::PLAIN if self.physical == Physical::BOOLEAN => Values::Bits { data, at: 0 },
            Encoding::PLAIN => Values::Plain(data),
            Encoding::RLE if self.physical == Physical::BOOLEAN => {
                if data.len() < 4 {
                    return Err(self.truncated());
                }
                data.advance(4);
                Values::Codes(Hybrid::new(data, 1).map_err(|_| self.truncated())?)
            }
            Encoding::RLE_DICTIONARY | Encoding::PLAIN_DICTIONARY => {
                // A page of nulls alone may have no value bytes at all.
                let width = if data.is_empty() { 0 } else { data.get_u8() };
                Values::Codes(Hybrid::new(data, width).map_err(|_| self.truncated())?)
            }
            other => {
                return Err(self.refused(
                    format!("a page in the encoding {other} cannot be read"),
                    "write the file with plain or dictionary encoding (the default of Spark, DuckDB, pyarrow and acobench)",
                ));
            }
        };
        self.values = values;
        Ok(())
    }
}
