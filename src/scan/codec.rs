//! Pages unpacked, by each thread with contexts and buffers that it keeps.

use std::cell::RefCell;
use std::io::Read as _;

use bytes::Bytes;
use parquet::basic::Compression;
use zstd::zstd_safe::get_frame_content_size;

/// Buffers a thread keeps for the next pages.
const MOST_SPARE: usize = 32;

/// Bytes of the largest buffer worth keeping: an ordinary page takes one megabyte at most.
const LARGEST_SPARE: usize = 2 << 20;

/// Bytes that one byte of a packed page can stand for.
const SNAPPY_MOST: usize = 24;
const LZ4_MOST: usize = 256;

/// What unpacking takes, which is costlier to make than a page is to unpack.
#[derive(Default)]
struct Kept {
    zstd: Option<zstd::bulk::Decompressor<'static>>,
    snappy: snap::raw::Decoder,
    spare: Vec<Vec<u8>>,
}

thread_local! {
    static KEPT: RefCell<Kept> = RefCell::default();
}

/// Whether pages packed so can be unpacked.
pub(super) fn is_known(packing: Compression) -> bool {
    matches!(
        packing,
        Compression::UNCOMPRESSED
            | Compression::SNAPPY
            | Compression::ZSTD(_)
            | Compression::LZ4
            | Compression::LZ4_RAW
            | Compression::GZIP(_)
    )
}

/// Unpacks a page into `size` bytes; why it could not be, otherwise.
pub(super) fn unpack(packing: Compression, packed: &Bytes, size: usize) -> Result<Bytes, String> {
    if packing == Compression::UNCOMPRESSED {
        return if packed.len() == size { Ok(packed.clone()) } else { Err(wrong_size(packed.len(), size)) };
    }
    if size == 0 {
        return Ok(Bytes::new());
    }
    KEPT.with_borrow_mut(|kept| {
        let mut out = kept.buffer(size);
        kept.unpack(packing, packed, &mut out, size)?;
        if out.len() != size {
            return Err(wrong_size(out.len(), size));
        }
        Ok(Bytes::from(out))
    })
}

/// Gives the bytes of a page back, so that the next page of the thread may lie in them if nobody looks at them any more.
pub(super) fn give_back(bytes: Bytes) {
    let Ok(mut bytes) = bytes.try_into_mut() else { return };
    bytes.clear();
    let buffer = Vec::from(bytes);
    KEPT.with_borrow_mut(|kept| {
        if (1..=LARGEST_SPARE).contains(&buffer.capacity()) && kept.spare.len() < MOST_SPARE {
            kept.spare.push(buffer);
        }
    });
}

impl Kept {
    /// An empty buffer, large enough if one is.
    fn buffer(&mut self, size: usize) -> Vec<u8> {
        match self.spare.iter().rposition(|spare| spare.capacity() >= size) {
            Some(at) => self.spare.swap_remove(at),
            None => self.spare.pop().unwrap_or_default(),
        }
    }

    fn unpack(&mut self, packing: Compression, packed: &[u8], out: &mut Vec<u8>, size: usize) -> Result<(), String> {
        match packing {
            Compression::ZSTD(_) => {
                // A writer that streams does not say how much there is; one that says is held to it before memory is asked for.
                if let Ok(Some(told)) = get_frame_content_size(packed)
                    && told != size as u64
                {
                    return Err(wrong_size(told, size));
                }
                if self.zstd.is_none() {
                    self.zstd = Some(zstd::bulk::Decompressor::new().map_err(|e| e.to_string())?);
                }
                let Some(zstd) = &mut self.zstd else { return Err("zstd has no context".to_string()) };
                out.reserve_exact(size);
                zstd.decompress_to_buffer(packed, out).map(|_| ()).map_err(|e| e.to_string())
            }
            Compression::SNAPPY => {
                let told = snap::raw::decompress_len(packed).map_err(|e| e.to_string())?;
                if told != size {
                    return Err(wrong_size(told, size));
                }
                possible(packed.len(), size, SNAPPY_MOST)?;
                out.resize(size, 0);
                self.snappy.decompress(packed, out).map(|_| ()).map_err(|e| e.to_string())
            }
            Compression::LZ4_RAW => lz4(packed, out, size),
            Compression::LZ4 => hadoop_lz4(packed, out, size).or_else(|_| lz4(packed, out, size)),
            Compression::GZIP(_) => {
                let stream = flate2::read::MultiGzDecoder::new(packed);
                stream.take(size as u64 + 1).read_to_end(out).map(|_| ()).map_err(|e| e.to_string())
            }
            other => Err(format!("packed by {other}")),
        }
    }
}

fn wrong_size(found: impl std::fmt::Display, promised: usize) -> String {
    format!("a page has {found} bytes where its header promises {promised}")
}

fn possible(packed: usize, size: usize, most: usize) -> Result<(), String> {
    if size > packed.saturating_mul(most) {
        return Err(format!("a page of {packed} bytes cannot hold the {size} that its header promises"));
    }
    Ok(())
}

fn lz4(packed: &[u8], out: &mut Vec<u8>, size: usize) -> Result<(), String> {
    possible(packed.len(), size, LZ4_MOST)?;
    out.resize(size, 0);
    let length = lz4_flex::block::decompress_into(packed, out).map_err(|e| e.to_string())?;
    out.truncate(length);
    Ok(())
}

/// LZ4 as Hadoop frames it: the bytes of a block unpacked and packed, in big-endian numbers, before each block.
fn hadoop_lz4(mut packed: &[u8], out: &mut Vec<u8>, size: usize) -> Result<(), String> {
    possible(packed.len(), size, LZ4_MOST)?;
    out.resize(size, 0);
    let ends = || "a block of LZ4 ends too soon".to_string();
    let mut filled = 0;
    while let Some((unpacked, rest)) = packed.split_first_chunk::<4>() {
        let (length, rest) = rest.split_first_chunk::<4>().ok_or_else(ends)?;
        let (unpacked, length) = (u32::from_be_bytes(*unpacked) as usize, u32::from_be_bytes(*length) as usize);
        let block = rest.get(..length).ok_or_else(ends)?;
        let room = out[filled..].get_mut(..unpacked).ok_or_else(ends)?;
        filled += lz4_flex::block::decompress_into(block, room).map_err(|e| e.to_string())?;
        packed = &rest[length..];
    }
    if !packed.is_empty() {
        return Err(ends());
    }
    out.truncate(filled);
    Ok(())
}

#[cfg(test)]
mod tests {
    use std::io::Write as _;

    use super::*;

    fn page() -> Vec<u8> {
        (0..40_000u32).map(|at| (at / 40) as u8).collect()
    }

    fn packed() -> Vec<(Compression, Bytes)> {
        let page = page();
        let zstd = zstd::bulk::compress(&page, 3).unwrap();
        // As a stream writes it: without its size.
        let mut stream = zstd::stream::write::Encoder::new(Vec::new(), 3).unwrap();
        stream.write_all(&page).unwrap();
        let stream = stream.finish().unwrap();
        assert_eq!(get_frame_content_size(&stream).unwrap(), None);
        let snappy = snap::raw::Encoder::new().compress_vec(&page).unwrap();
        let raw = lz4_flex::block::compress(&page);
        let mut hadoop = Vec::new();
        for half in page.chunks(30_000) {
            let block = lz4_flex::block::compress(half);
            hadoop.extend((half.len() as u32).to_be_bytes());
            hadoop.extend((block.len() as u32).to_be_bytes());
            hadoop.extend(block);
        }
        let mut gzip = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
        gzip.write_all(&page).unwrap();
        let gzip = gzip.finish().unwrap();
        vec![
            (Compression::ZSTD(parquet::basic::ZstdLevel::default()), zstd.into()),
            (Compression::ZSTD(parquet::basic::ZstdLevel::default()), stream.into()),
            (Compression::SNAPPY, snappy.into()),
            (Compression::LZ4_RAW, raw.clone().into()),
            (Compression::LZ4, hadoop.into()),
            (Compression::LZ4, raw.into()),
            (Compression::GZIP(parquet::basic::GzipLevel::default()), gzip.into()),
            (Compression::UNCOMPRESSED, page.into()),
        ]
    }

    #[test]
    fn every_packing_gives_the_page_back() {
        for (packing, bytes) in packed() {
            assert!(is_known(packing));
            let unpacked = unpack(packing, &bytes, 40_000).unwrap();
            assert_eq!(unpacked, page(), "{packing}");
            give_back(unpacked);
        }
    }

    #[test]
    fn a_page_of_another_size_than_promised_is_refused() {
        for (packing, bytes) in packed() {
            for size in [39_999, 40_001, i32::MAX as usize] {
                assert!(unpack(packing, &bytes, size).is_err(), "{packing} {size}");
            }
            assert!(unpack(packing, &bytes.slice(..bytes.len() - 2), 40_000).is_err(), "{packing} cut short");
        }
    }

    #[test]
    fn a_buffer_serves_again_once_nobody_looks_at_it() {
        let (packing, bytes) = packed().swap_remove(0);
        let first = unpack(packing, &bytes, 40_000).unwrap();
        let (place, looked_at) = (first.as_ptr(), first.slice(10..20));
        give_back(first);
        let second = unpack(packing, &bytes, 40_000).unwrap();
        assert_ne!(second.as_ptr(), place);
        assert_eq!(looked_at, page()[10..20]);
        let place = second.as_ptr();
        give_back(second);
        assert_eq!(unpack(packing, &bytes, 40_000).unwrap().as_ptr(), place);
    }
}
