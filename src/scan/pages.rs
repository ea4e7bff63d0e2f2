//! The pages of a column of a row group, one after the other, out of the bytes that the footer gives it.

use bytes::Bytes;
use parquet::basic::Compression;
use parquet::errors::ParquetError;
use parquet::file::metadata::ColumnChunkMetaData;
use parquet::file::reader::ChunkReader as _;

use super::codec;
use super::page_header::{NoHeader, PageHeader, PageKind};
use crate::disk::Source;

/// A page, unpacked.
#[derive(Debug)]
pub(super) enum Page {
    /// Values that codes stand for.
    Dictionary { values: usize, encoding: i32, bytes: Bytes },
    /// Values, after their levels when the column has any.
    Data { values: usize, encoding: i32, level_encoding: i32, bytes: Bytes },
    /// Values, and their levels apart.
    DataV2 { values: usize, encoding: i32, levels: Bytes, bytes: Bytes },
}

/// Why there is no next page.
#[derive(Debug)]
pub(super) enum NoPage {
    /// The bytes are no page.
    Damaged(String),
    /// They could not be had.
    Unread(ParquetError),
}

/// Bytes in which a header is first looked for; one with long statistics takes more.
const HEADER: usize = 256;

/// Walks the pages of a column of a row group.
pub(super) struct Pages {
    source: Source,
    packing: Compression,
    at: u64,
    end: u64,
    /// Bytes of the page at hand and of the dictionary, given back after them.
    lent: Vec<Bytes>,
}

impl Pages {
    /// The pages of a column; what it is packed by, if that is not known.
    pub fn new(source: &Source, chunk: &ColumnChunkMetaData) -> Result<Self, Compression> {
        let packing = chunk.compression();
        if !codec::is_known(packing) {
            return Err(packing);
        }
        let (at, length) = chunk.byte_range();
        Ok(Self { source: source.clone(), packing, at, end: at.saturating_add(length), lent: Vec::with_capacity(2) })
    }

    /// The next page. Whoever asks no longer looks at the page before; at the dictionary they may.
    pub fn next(&mut self) -> Result<Option<Page>, NoPage> {
        self.lent.drain(..).for_each(codec::give_back);
        while self.at < self.end {
            let header = self.header()?;
            let start = self.at;
            if header.packed as u64 > self.end - start {
                return Err(damaged("a page reaches beyond its column"));
            }
            self.at += header.packed as u64;
            if let Some(page) = self.unpack(&header, start)? {
                return Ok(Some(page));
            }
        }
        Ok(None)
    }

    fn header(&mut self) -> Result<PageHeader, NoPage> {
        let rest = usize::try_from(self.end - self.at).unwrap_or(usize::MAX);
        let mut length = HEADER.min(rest);
        loop {
            let bytes = self.source.get_bytes(self.at, length).map_err(NoPage::Unread)?;
            match PageHeader::read(&bytes) {
                Ok((header, taken)) => {
                    self.at += taken as u64;
                    return Ok(header);
                }
                Err(NoHeader::Short) if length < rest => length = length.saturating_mul(8).min(rest),
                Err(NoHeader::Short | NoHeader::Damaged) => return Err(damaged("a page has no header")),
            }
        }
    }

    fn unpack(&mut self, header: &PageHeader, start: u64) -> Result<Option<Page>, NoPage> {
        if header.kind == PageKind::Other {
            return Ok(None);
        }
        let packed = self.source.get_bytes(start, header.packed).map_err(NoPage::Unread)?;
        Ok(Some(match header.kind {
            PageKind::Dictionary { values, encoding } => {
                Page::Dictionary { values, encoding, bytes: unpacked(self.packing, &packed, header.unpacked)? }
            }
            PageKind::Data { values, encoding, level_encoding } => {
                let bytes = unpacked(self.packing, &packed, header.unpacked)?;
                self.lent.push(bytes.clone());
                Page::Data { values, encoding, level_encoding, bytes }
            }
            PageKind::DataV2 { values, encoding, level_bytes, repetition_bytes, packed: is_packed } => {
                let apart = level_bytes.saturating_add(repetition_bytes);
                let (true, Some(size)) = (apart <= packed.len(), header.unpacked.checked_sub(apart)) else {
                    return Err(damaged("the levels of a page are longer than the page"));
                };
                let packing = if is_packed { self.packing } else { Compression::UNCOMPRESSED };
                let bytes = unpacked(packing, &packed.slice(apart..), size)?;
                self.lent.push(bytes.clone());
                Page::DataV2 { values, encoding, levels: packed.slice(repetition_bytes..apart), bytes }
            }
            PageKind::Other => return Ok(None),
        }))
    }
}

impl Drop for Pages {
    fn drop(&mut self) {
        self.lent.drain(..).for_each(codec::give_back);
    }
}

fn unpacked(packing: Compression, packed: &Bytes, size: usize) -> Result<Bytes, NoPage> {
    codec::unpack(packing, packed, size).map_err(NoPage::Damaged)
}

fn damaged(why: &str) -> NoPage {
    NoPage::Damaged(why.to_string())
}
