//! An extract, opened: every table's files, held to their schemas before a row is read.

use std::path::{Path, PathBuf};

use super::table::{TableFile, TableFiles};
use crate::disk::{self, Input, IoMode};
use crate::error::{Error, Result};
use crate::extract::{
    Agreement, Assigned, BeneficiaryYear, ClaimHeader, ClaimLine, EtaCcn, NonClaimsPayment, NpiSpecialty, Participant, RiskScore,
    Row as _, Table, VoluntaryAlignment,
};

/// The tables of an extract that a run reads.
#[derive(Debug)]
pub struct Extract {
    /// The folder.
    pub folder: PathBuf,
    /// `claim_header`.
    pub claim_header: TableFiles,
    /// `claim_line`.
    pub claim_line: TableFiles,
    /// `beneficiary_year`.
    pub beneficiary_year: TableFiles,
    /// `risk_score`.
    pub risk_score: TableFiles,
    /// `participant`.
    pub participant: TableFiles,
    /// `agreement`.
    pub agreement: TableFiles,
    /// `eta_ccn`.
    pub eta_ccn: TableFiles,
    /// `npi_specialty`.
    pub npi_specialty: TableFiles,
    /// `non_claims_payment`.
    pub non_claims_payment: TableFiles,
    /// `voluntary_alignment`.
    pub voluntary_alignment: TableFiles,
    /// `assigned`.
    pub assigned: TableFiles,
}

impl Extract {
    /// Opens an extract; every fault of every table is told at once.
    ///
    /// # Errors
    /// When a table is missing or a file is not what its table must be.
    pub fn open(folder: &Path, mode: IoMode) -> Result<Self> {
        Self::open_without(folder, mode, &[])
    }

    /// The same of an extract that came without some tables: what an import made, before its lists are put beside it.
    ///
    /// # Errors
    /// As [`Self::open`], but for those tables.
    pub fn open_without(folder: &Path, mode: IoMode, missing: &[&str]) -> Result<Self> {
        // A folder that is not there is told once, not once for each table.
        disk::find_table(folder, Agreement::TABLE.name)?;
        let mut faults = Vec::new();
        let mut open = |table: &'static Table| {
            let none = TableFiles { table, files: Vec::new() };
            if missing.contains(&table.name) {
                return none;
            }
            match TableFiles::open(folder, table, mode) {
                Ok(files) => return files,
                Err(Error::Inputs(several)) => faults.extend(several),
                Err(fault) => faults.push(fault),
            }
            none
        };
        let extract = Self {
            folder: folder.to_path_buf(),
            claim_header: open(ClaimHeader::TABLE),
            claim_line: open(ClaimLine::TABLE),
            beneficiary_year: open(BeneficiaryYear::TABLE),
            risk_score: open(RiskScore::TABLE),
            participant: open(Participant::TABLE),
            agreement: open(Agreement::TABLE),
            eta_ccn: open(EtaCcn::TABLE),
            npi_specialty: open(NpiSpecialty::TABLE),
            non_claims_payment: open(NonClaimsPayment::TABLE),
            voluntary_alignment: open(VoluntaryAlignment::TABLE),
            assigned: open(Assigned::TABLE),
        };
        match faults.len() {
            0 => Ok(extract),
            1 => Err(faults.remove(0)),
            _ => Err(Error::Inputs(faults)),
        }
    }

    /// An extract without rows.
    pub fn empty(place: &Path) -> Self {
        let none = |table: &'static Table| TableFiles { table, files: Vec::new() };
        Self {
            folder: place.to_path_buf(),
            claim_header: none(ClaimHeader::TABLE),
            claim_line: none(ClaimLine::TABLE),
            beneficiary_year: none(BeneficiaryYear::TABLE),
            risk_score: none(RiskScore::TABLE),
            participant: none(Participant::TABLE),
            agreement: none(Agreement::TABLE),
            eta_ccn: none(EtaCcn::TABLE),
            npi_specialty: none(NpiSpecialty::TABLE),
            non_claims_payment: none(NonClaimsPayment::TABLE),
            voluntary_alignment: none(VoluntaryAlignment::TABLE),
            assigned: none(Assigned::TABLE),
        }
    }

    /// Adds rows to the table they are of.
    pub fn add(&mut self, file: TableFile) {
        let files = [
            &mut self.claim_header,
            &mut self.claim_line,
            &mut self.beneficiary_year,
            &mut self.risk_score,
            &mut self.participant,
            &mut self.agreement,
            &mut self.eta_ccn,
            &mut self.npi_specialty,
            &mut self.non_claims_payment,
            &mut self.voluntary_alignment,
            &mut self.assigned,
        ];
        if let Some(files) = files.into_iter().find(|files| files.table.name == file.table().name) {
            files.files.push(file);
        }
    }

    /// The tables, in the order in which they are read.
    pub fn tables(&self) -> [&TableFiles; 11] {
        [
            &self.agreement,
            &self.participant,
            &self.beneficiary_year,
            &self.risk_score,
            &self.claim_header,
            &self.claim_line,
            &self.eta_ccn,
            &self.npi_specialty,
            &self.non_claims_payment,
            &self.voluntary_alignment,
            &self.assigned,
        ]
    }

    /// The files of each table, for hashing and for the look back at the end.
    pub fn inputs(&self) -> Vec<(&'static str, Vec<Input>)> {
        let files =
            |table: &TableFiles| table.files.iter().filter_map(|file| file.on_disk().map(|held| held.input.clone())).collect();
        self.tables().into_iter().map(|table| (table.table.name, files(table))).collect()
    }

    /// Refuses the run when a file is no longer the one that was opened.
    ///
    /// # Errors
    /// Naming the file that changed.
    pub fn unchanged(&self) -> Result<()> {
        let mut files = self.tables().into_iter().flat_map(|table| &table.files).filter_map(TableFile::on_disk);
        files.try_for_each(|held| held.input.unchanged())
    }
}
