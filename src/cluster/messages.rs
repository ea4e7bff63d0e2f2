//! The messages of an Arrow IPC stream, read into memory that serves again.
//!
//! A batch lives no longer than the group of beneficiaries that it belongs to. The next one is read to where it lay, so that the
//! system need not hand out and clear the same memory for every batch.

use std::collections::HashMap;
use std::io::{ErrorKind, Read};
use std::sync::{Arc, Mutex, PoisonError};

use arrow_array::{ArrayRef, RecordBatch};
use arrow_buffer::Buffer;
use arrow_ipc::reader::{read_dictionary, read_record_batch};
use arrow_ipc::{MessageHeader, convert, root_as_message};
use arrow_schema::{ArrowError, Schema, SchemaRef};
use bytes::Bytes;

/// Reads the batches of a stream.
pub struct Messages<R> {
    input: R,
    schema: SchemaRef,
    dictionaries: HashMap<i64, ArrayRef>,
    header: Vec<u8>,
    memory: Memory,
    ended: bool,
}

/// What comes before a message's length, in all but the oldest streams.
const CONTINUES: [u8; 4] = [0xff; 4];
/// Most pieces of memory that are held for messages to come.
const HELD: usize = 8;

/// Memory of batches that nothing looks at any more.
#[derive(Debug, Clone, Default)]
struct Memory(Arc<Mutex<Vec<Vec<u8>>>>);

/// The body of a message.
struct Body {
    bytes: Vec<u8>,
    memory: Memory,
}

impl<R: Read> Messages<R> {
    /// Reads the schema of a stream.
    ///
    /// # Errors
    /// When the stream does not begin with one.
    pub fn open(input: R) -> Result<Self, ArrowError> {
        let (header, memory, dictionaries) = (Vec::new(), Memory::default(), HashMap::new());
        let mut messages = Self { input, schema: Arc::new(Schema::empty()), dictionaries, header, memory, ended: false };
        if messages.message()?.is_none() {
            return Err(ArrowError::IpcError("it ends before its schema".into()));
        }
        let message = root_as_message(&messages.header).map_err(unread)?;
        let schema = message.header_as_schema().ok_or_else(|| ArrowError::IpcError("it does not begin with a schema".into()))?;
        messages.schema = Arc::new(convert::try_fb_to_schema(schema)?);
        Ok(messages)
    }

    /// The columns of every batch.
    pub fn schema(&self) -> SchemaRef {
        self.schema.clone()
    }

    /// The next batch; none at the end of the stream.
    fn batch(&mut self) -> Result<Option<RecordBatch>, ArrowError> {
        while let Some(body) = self.message()? {
            let message = root_as_message(&self.header).map_err(unread)?;
            let version = message.version();
            match message.header_type() {
                MessageHeader::RecordBatch => {
                    let batch = message.header_as_record_batch().ok_or_else(headless)?;
                    return read_record_batch(&body, batch, self.schema.clone(), &self.dictionaries, None, &version).map(Some);
                }
                MessageHeader::DictionaryBatch => {
                    let batch = message.header_as_dictionary_batch().ok_or_else(headless)?;
                    read_dictionary(&body, batch, &self.schema, &mut self.dictionaries, &version)?;
                }
                MessageHeader::Schema => return Err(ArrowError::IpcError("a second schema follows its batches".into())),
                other => return Err(ArrowError::IpcError(format!("a message is of the kind {other:?}"))),
            }
        }
        Ok(None)
    }

    /// Reads the header of the next message, and gives its body; none at the end of the stream.
    fn message(&mut self) -> Result<Option<Buffer>, ArrowError> {
        let Some(length) = self.length()? else { return Ok(None) };
        self.header.clear();
        fill(&mut self.input, length, &mut self.header)?;
        let length = root_as_message(&self.header).map_err(unread)?.bodyLength();
        let length = usize::try_from(length).map_err(|_| ArrowError::IpcError(format!("a message has {length} bytes")))?;
        let mut bytes = self.memory.take();
        fill(&mut self.input, length, &mut bytes)?;
        Ok(Some(Bytes::from_owner(Body { bytes, memory: self.memory.clone() }).into()))
    }

    /// The length of the next header; none at the end of the stream, which need not be told.
    fn length(&mut self) -> Result<Option<usize>, ArrowError> {
        let mut word = [0; 4];
        match self.input.read_exact(&mut word) {
            Err(fault) if fault.kind() == ErrorKind::UnexpectedEof => return Ok(None),
            read => read?,
        }
        if word == CONTINUES {
            self.input.read_exact(&mut word)?;
        }
        Ok(Some(u32::from_le_bytes(word) as usize).filter(|length| *length > 0))
    }
}

impl<R: Read> Iterator for Messages<R> {
    type Item = Result<RecordBatch, ArrowError>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.ended {
            return None;
        }
        let batch = self.batch().transpose();
        self.ended = !matches!(batch, Some(Ok(_)));
        batch
    }
}

/// Appends so many bytes; memory is asked for as they come, whatever the stream says of how many there are.
fn fill(input: impl Read, length: usize, into: &mut Vec<u8>) -> Result<(), ArrowError> {
    let read = input.take(length as u64).read_to_end(into)?;
    if read == length { Ok(()) } else { Err(ArrowError::IpcError(format!("it ends after {read} of {length} bytes"))) }
}

fn unread(fault: impl std::fmt::Display) -> ArrowError {
    ArrowError::IpcError(format!("the header of a message cannot be read: {fault}"))
}

fn headless() -> ArrowError {
    ArrowError::IpcError("the header of a message does not say what it holds".into())
}

impl Memory {
    fn take(&self) -> Vec<u8> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).pop().unwrap_or_default()
    }
}

impl AsRef<[u8]> for Body {
    fn as_ref(&self) -> &[u8] {
        &self.bytes
    }
}

impl Drop for Body {
    fn drop(&mut self) {
        let mut bytes = std::mem::take(&mut self.bytes);
        bytes.clear();
        let mut held = self.memory.0.lock().unwrap_or_else(PoisonError::into_inner);
        if held.len() < HELD {
            held.push(bytes);
        }
    }
}

#[cfg(test)]
mod tests {
    use arrow_array::types::UInt8Type;
    use arrow_array::{BinaryArray, DictionaryArray, Int64Array};
    use arrow_ipc::writer::StreamWriter;
    use proptest::prelude::*;

    use super::*;

    fn batch(rows: &[(i64, Option<String>)]) -> RecordBatch {
        let numbers: Int64Array = rows.iter().map(|(number, _)| Some(*number)).collect();
        let texts: BinaryArray = rows.iter().map(|(_, text)| text.as_ref().map(String::as_bytes)).collect();
        let words: DictionaryArray<UInt8Type> =
            rows.iter().map(|(number, _)| ["a", "b"].get(*number as usize % 3).copied()).collect();
        let columns: [(&str, ArrayRef); 3] =
            [("numbers", Arc::new(numbers)), ("texts", Arc::new(texts)), ("words", Arc::new(words))];
        RecordBatch::try_from_iter_with_nullable(columns.map(|(name, column)| (name, column, true))).unwrap()
    }

    fn stream(batches: &[RecordBatch]) -> Vec<u8> {
        let mut bytes = Vec::new();
        let mut writer = StreamWriter::try_new(&mut bytes, &batch(&[]).schema()).unwrap();
        for batch in batches {
            writer.write(batch).unwrap();
        }
        writer.finish().unwrap();
        bytes
    }

    proptest! {
        #[test]
        fn batches_come_as_they_were_written_and_no_part_of_one_is_taken_for_it(
            rows in prop::collection::vec(prop::collection::vec((0i64..5, prop::option::of("[a-c]{0,20}")), 0..60), 0..6),
            held in 0usize..4, cut in 0.0..1.0f64
        ) {
            let batches: Vec<RecordBatch> = rows.iter().map(|rows| batch(rows)).collect();
            let bytes = stream(&batches);
            // Some batches are looked at after the memory of others has served again.
            let mut kept = Vec::new();
            for (at, (found, expected)) in Messages::open(&bytes[..]).unwrap().zip(&batches).enumerate() {
                let found = found.unwrap();
                prop_assert_eq!(&found, expected);
                if at % 4 == held {
                    kept.push((found, expected));
                }
            }
            prop_assert!(kept.iter().all(|(found, expected)| found == *expected));
            prop_assert_eq!(Messages::open(&bytes[..]).unwrap().count(), batches.len());
            let cut = (cut * bytes.len() as f64) as usize;
            if let Ok(messages) = Messages::open(&bytes[..cut]) {
                let found: Vec<_> = messages.collect();
                let whole = found.iter().filter(|batch| batch.is_ok()).count();
                prop_assert!(found.iter().take(whole).zip(&batches).all(|(found, expected)| found.as_ref().unwrap() == expected));
                prop_assert!(found.len() - whole <= 1);
            }
        }
    }

    #[test]
    fn memory_serves_again_once_its_batch_is_dropped() {
        let rows: Vec<_> = (0..100).map(|number| (number, None)).collect();
        let bytes = stream(&vec![batch(&rows); 20]);
        let mut messages = Messages::open(&bytes[..]).unwrap();
        while let Some(batch) = messages.next() {
            drop(batch.unwrap());
            assert_eq!(messages.memory.0.lock().unwrap().len(), 1);
        }
    }

    #[test]
    fn a_length_that_no_stream_has_is_no_memory() {
        let mut bytes = stream(&[batch(&[(1, None)])]);
        // The header of the first message claims two thousand million bytes.
        bytes[4..8].copy_from_slice(&i32::MAX.to_le_bytes());
        assert!(Messages::open(&bytes[..]).is_err());
        assert!(Messages::open(&b"PAR1"[..]).is_err() && Messages::open(&b""[..]).is_err());
    }
}
