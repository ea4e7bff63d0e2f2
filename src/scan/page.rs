//! The page of a column at hand: its levels and how its values are stored.

use bytes::{Buf as _, Bytes};
use parquet::basic::Type as Physical;

use super::column::{ColumnCursor, Values};
use super::hybrid::Hybrid;
use super::pages::{NoPage, Page};
use crate::disk;
use crate::error::{Error, Result};

/// Encodings by their number in a page's header (parquet-format, `Encoding`).
const PLAIN: i32 = 0;
const PLAIN_DICTIONARY: i32 = 2;
const RLE: i32 = 3;
const RLE_DICTIONARY: i32 = 8;

impl ColumnCursor<'_> {
    /// Makes a page with values left the page at hand; the number of rows, up to `wanted`, that it still holds.
    pub(super) fn page(&mut self, wanted: usize) -> Result<usize> {
        while self.page_left == 0 {
            // What still looks at the page before would keep its bytes from serving again.
            (self.values, self.levels) = (Values::Plain(Bytes::new()), None);
            let Some(pages) = self.pages.as_mut() else { return Err(self.ends()) };
            match pages.next() {
                Ok(Some(page)) => self.enter(page)?,
                Ok(None) => return Err(self.ends()),
                Err(NoPage::Damaged(why)) => return Err(self.damaged(&why)),
                Err(NoPage::Unread(e)) => {
                    let path = self.file.on_disk().map(|held| held.input.path());
                    return Err(path
                        .and_then(|path| disk::failure_of_disk(path, &e))
                        .unwrap_or_else(|| self.damaged(&e.to_string())));
                }
            }
        }
        let take = wanted.min(self.page_left);
        if self.pages.is_some() {
            self.page_left -= take;
        }
        Ok(take)
    }

    fn ends(&self) -> Error {
        self.damaged("it ends before its rows do")
    }

    fn enter(&mut self, page: Page) -> Result<()> {
        match page {
            Page::Dictionary { values, encoding: PLAIN | PLAIN_DICTIONARY, bytes } => {
                self.dictionary_len = values;
                self.dictionary = Some(bytes);
                self.mapped = false;
                Ok(())
            }
            Page::Dictionary { encoding, .. } => Err(self.unreadable("a dictionary", encoding)),
            Page::Data { values, encoding, level_encoding, bytes: mut data } => {
                if self.nullable {
                    if level_encoding != RLE {
                        return Err(self.unreadable("levels", level_encoding));
                    }
                    if data.len() < 4 {
                        return Err(self.truncated());
                    }
                    let length = data.get_u32_le() as usize;
                    if data.len() < length {
                        return Err(self.truncated());
                    }
                    self.levels = Some(Hybrid::new(data.split_to(length), 1).map_err(|_| self.truncated())?);
                }
                self.page_left = values;
                self.start_values(data, encoding)
            }
            Page::DataV2 { values, encoding, levels, bytes } => {
                if self.nullable {
                    self.levels = Some(Hybrid::new(levels, 1).map_err(|_| self.truncated())?);
                }
                self.page_left = values;
                self.start_values(bytes, encoding)
            }
        }
    }

    fn start_values(&mut self, mut data: Bytes, encoding: i32) -> Result<()> {
        let values = match encoding {
            PLAIN if self.physical == Physical::BOOLEAN => Values::Bits { data, at: 0 },
            PLAIN => Values::Plain(data),
            RLE if self.physical == Physical::BOOLEAN => {
                if data.len() < 4 {
                    return Err(self.truncated());
                }
                data.advance(4);
                Values::Codes(Hybrid::new(data, 1).map_err(|_| self.truncated())?)
            }
            RLE_DICTIONARY | PLAIN_DICTIONARY => {
                // A page of nulls alone may have no value bytes at all.
                let width = if data.is_empty() { 0 } else { data.get_u8() };
                Values::Codes(Hybrid::new(data, width).map_err(|_| self.truncated())?)
            }
            other => return Err(self.unreadable("a page", other)),
        };
        self.values = values;
        Ok(())
    }

    fn unreadable(&self, what: &str, encoding: i32) -> Error {
        let encoding = match encoding {
            PLAIN => "PLAIN",
            PLAIN_DICTIONARY => "PLAIN_DICTIONARY",
            RLE => "RLE",
            4 => "BIT_PACKED",
            5 => "DELTA_BINARY_PACKED",
            6 => "DELTA_LENGTH_BYTE_ARRAY",
            7 => "DELTA_BYTE_ARRAY",
            RLE_DICTIONARY => "RLE_DICTIONARY",
            9 => "BYTE_STREAM_SPLIT",
            other => return self.damaged(&format!("{what} in an encoding of number {other}")),
        };
        self.refused(
            format!("{what} in the encoding {encoding} cannot be read"),
            "write the file with plain or dictionary encoding (the default of Spark, DuckDB, pyarrow and acobench)",
        )
    }
}
