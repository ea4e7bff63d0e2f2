//! The second pass: all records of a range of people, netted, joined and turned into rows.

use std::time::Instant;

use arrow_array::RecordBatch;

use super::buckets::{Buckets, Class, PREFIX, Records};
use super::identity::rank;
use super::layout::Record;
use super::order;
use super::outcome::Outcome;
use super::part_a::{self, Standing};
use super::part_b::{self, Demos};
use super::people::People;
use super::sorting::{SortedRecord, Taken, TakenFields, records};
use crate::error::Result;
use crate::extract::{BatchBuilder, ClaimHeader, ClaimLine, Row};
use crate::intake::refusal::Refused;
use crate::money::Cents;
use crate::rules::ClaimCodes;

/// Rows handed on at a time.
const BATCH_ROWS: usize = 65_536;

/// What the second pass goes by.
pub struct Second<'s> {
    /// Sorted records.
    pub buckets: &'s Buckets,
    /// Fields that were taken.
    pub fields: &'s TakenFields,
    /// Everyone whom a delivery holds.
    pub people: &'s People,
    /// Bill types and diagnoses that matter.
    pub codes: &'s ClaimCodes,
    /// Whether any delivery has diagnoses: without them nobody knows of a claim that it has none.
    pub has_diagnoses: bool,
}

/// The rows of a range, in order of person.
#[derive(Debug, Default)]
pub struct Rows {
    /// Rows of `claim_header`.
    pub headers: Vec<RecordBatch>,
    /// Rows of `claim_line`.
    pub lines: Vec<RecordBatch>,
    /// What became of the records.
    pub outcome: Outcome,
}

impl Second<'_> {
    /// Works a range.
    ///
    /// # Errors
    /// When the scratch file cannot be read.
    pub fn range(&self, range: usize) -> Result<Rows> {
        let mut outcome = Outcome::default();
        let bucket = |class| self.buckets.records(class, range);
        let headers = bucket(Class::Header)?;
        let mut standing = self.headers(&headers, &mut outcome);
        if self.has_diagnoses {
            standing.without_diagnoses();
        }
        let diagnoses = bucket(Class::Diagnosis)?;
        self.each(Class::Diagnosis, &diagnoses, &mut outcome, |person, record| standing.diagnosed(person, record, self.codes));
        let demos = bucket(Class::PartADemo)?;
        self.each(Class::PartADemo, &demos, &mut outcome, |person, record| standing.demonstrated(person, record));
        let revenue = bucket(Class::Revenue)?;
        let (physician, dme, line_demos) = (bucket(Class::Physician)?, bucket(Class::Dme)?, bucket(Class::PartBDemo)?);
        let mut lines = self.revenue_lines(&revenue, &standing, &mut outcome);
        lines.extend(self.lines(&physician, &dme, &line_demos, &mut outcome));
        let lines = order::by(&lines, |row| (rank(row.bene_id), row.claim_type, row.last_date, row.line_num, row.claim_id));
        let of_header = |row: &ClaimHeader<'_>| (row.claim_type, row.payment_amt);
        outcome.wrote(ClaimHeader::TABLE.name, standing.rows().iter().map(of_header));
        outcome.wrote(ClaimLine::TABLE.name, lines.iter().map(|row| (row.claim_type, row.payment_amt)));
        outcome.began(standing.rows().iter().map(|row| row.thru_date).chain(lines.iter().map(|row| row.last_date)).min());
        let claims = standing.rows().chunk_by(|a, b| a.bene_id == b.bene_id).map(|rows| (rows[0].bene_id, rows.len()));
        let of_person = lines.chunk_by(|a, b| a.bene_id == b.bene_id).map(|rows| (rows[0].bene_id, rows.len()));
        let strangers = claims.chain(of_person).filter(|(person, _)| !self.people.has(person.as_bytes()));
        outcome.note(
            "claims and lines of people whom no CCLF8 holds: nobody knows when they were enrolled",
            strangers.map(|(_, rows)| rows as u64).sum(),
        );
        Ok(Rows { headers: batches(standing.rows())?, lines: batches(&lines)?, outcome })
    }

    fn headers<'r>(&self, bucket: &'r Records<'_>, outcome: &mut Outcome) -> Standing<'r>
    where
        Self: 'r,
    {
        let begun = Instant::now();
        let taken = self.fields.of(Class::Header);
        let mut read = Vec::with_capacity(bucket.count(taken.width()));
        for sorted in records(bucket, taken) {
            let record = Record::of_text(sorted.bytes, &taken.spans, PREFIX);
            let amount = record.money(part_a::Header::Paid).ok().flatten().unwrap_or_default();
            outcome.read(sorted.file, amount);
            match part_a::read_header(person(&sorted), record, (sorted.file, sorted.line)) {
                Ok(header) => read.push(header),
                Err(refused) => outcome.refuse((sorted.file, sorted.line), refused, amount),
            }
        }
        outcome.parsing += begun.elapsed();
        Standing::net(&read, outcome)
    }

    fn revenue_lines<'r>(
        &'r self,
        bucket: &'r Records<'_>,
        standing: &Standing<'r>,
        outcome: &mut Outcome,
    ) -> Vec<ClaimLine<'r>> {
        let mut lines = Vec::new();
        self.each(Class::Revenue, bucket, outcome, |person, record| {
            lines.extend(standing.revenue_line(person, record, self.codes)?);
            Ok(())
        });
        // A claim delivered twice brings its lines twice.
        let key = |line: &ClaimLine<'r>| (rank(line.bene_id), line.claim_id, line.line_num);
        let mut lines = order::by(&lines, key);
        lines.dedup_by(|a, b| key(a) == key(b));
        lines
    }

    fn lines<'r>(
        &'r self,
        physician: &'r Records<'_>,
        dme: &'r Records<'_>,
        demos: &'r Records<'_>,
        outcome: &mut Outcome,
    ) -> Vec<ClaimLine<'r>> {
        let begun = Instant::now();
        let mut read = Vec::new();
        for (class, bucket) in [(Class::Physician, physician), (Class::Dme, dme)] {
            let taken = self.fields.of(class);
            read.reserve(bucket.count(taken.width()));
            for sorted in records(bucket, taken) {
                let record = Record::of_text(sorted.bytes, &taken.spans, PREFIX);
                let source = (sorted.file, sorted.line);
                match part_b::read_line(person(&sorted), record, class == Class::Dme, source) {
                    Ok(line) => {
                        outcome.read(sorted.file, line.paid());
                        read.push(line);
                    }
                    Err(refused) => {
                        let amount = record.money(part_b::Physician::Paid).ok().flatten().unwrap_or_default();
                        outcome.read(sorted.file, amount);
                        outcome.refuse(source, refused, amount);
                    }
                }
            }
        }
        outcome.parsing += begun.elapsed();
        let mut said = Demos::default();
        self.each(Class::PartBDemo, demos, outcome, |person, record| said.take(person, record));
        let mut lines = part_b::stand(&read, outcome);
        for line in &mut lines {
            said.tell(line);
        }
        lines
    }

    /// Reads the records of a class, refusing those that cannot be taken.
    fn each<'r>(
        &'r self,
        class: Class,
        bucket: &'r Records<'_>,
        outcome: &mut Outcome,
        mut take: impl FnMut(&'r str, Record<'r>) -> Result<(), Refused>,
    ) {
        let begun = Instant::now();
        let taken: &'r Taken = self.fields.of(class);
        for sorted in records(bucket, taken) {
            if let Err(refused) = take(person(&sorted), Record::of_text(sorted.bytes, &taken.spans, PREFIX)) {
                outcome.refuse((sorted.file, sorted.line), refused, Cents::ZERO);
            }
        }
        outcome.parsing += begun.elapsed();
    }
}

/// The person of a record; identifiers are ASCII, as the first pass saw to.
fn person<'r>(record: &SortedRecord<'r>) -> &'r str {
    std::str::from_utf8(record.person).unwrap_or_default()
}

fn batches<R: Row>(rows: &[R]) -> Result<Vec<RecordBatch>> {
    let batch = |rows: &[R]| {
        let mut builder = BatchBuilder::new(R::TABLE);
        for row in rows {
            row.append(&mut builder);
        }
        builder.finish()
    };
    rows.chunks(BATCH_ROWS).map(batch).collect()
}
