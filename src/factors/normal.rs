//! Numbers as they stand in a table, without trailing zeros, so that whatever is made of factor tables in memory is made, digit by
//! digit, of the same tables read back.

use rust_decimal::Decimal;

use super::tables::{Aco, AcoCounty, AcoRegion, AcoYear, Acpt, County, FactorTables, MinimumRateChoice, National};

impl FactorTables {
    /// The same numbers, each without trailing zeros.
    #[must_use]
    pub fn normal(mut self) -> Self {
        let Self { acos, aco_years, aco_regions, national, acpt, counties, aco_counties } = &mut self;
        acos.iter_mut().for_each(aco);
        aco_years.iter_mut().for_each(aco_year);
        for row in aco_regions {
            let AcoRegion {
                key: _,
                year: _,
                enrollment_type: _,
                regional_expenditure,
                national_weight,
                regional_hcc_score,
                regional_demographic_score,
            } = row;
            plain([regional_expenditure], [national_weight, regional_hcc_score, regional_demographic_score]);
        }
        for row in national {
            let National { calendar_year: _, population: _, enrollment_type: _, per_capita_expenditure, truncated_per_capita } =
                row;
            plain([per_capita_expenditure], [truncated_per_capita]);
        }
        for Acpt { agreement_start: _, performance_year: _, enrollment_type: _, growth, weight } in acpt {
            plain([growth], [weight]);
        }
        for row in counties {
            let County {
                calendar_year: _,
                window: _,
                county: _,
                enrollment_type: _,
                scores: _,
                person_years,
                per_capita_expenditure,
                hcc_risk_score,
                demographic_risk_score,
            } = row;
            plain([person_years, per_capita_expenditure], [hcc_risk_score, demographic_risk_score]);
        }
        for AcoCounty { key: _, year: _, county: _, enrollment_type: _, person_years } in aco_counties {
            plain([person_years], []);
        }
        self
    }
}

fn aco(row: &mut Aco) {
    let Aco {
        key: _,
        performance_year: _,
        performance_months: _,
        agreement_start: _,
        agreement_period: _,
        times_regionally_adjusted: _,
        track: _,
        assignment_method: _,
        assigned_beneficiaries: _,
        msr_choice,
        quality_standard: _,
        quality_score,
        participant_revenue,
        low_revenue: _,
        revenue_loss_limit: _,
        euc_share_beneficiaries,
        euc_share_year,
        lis_dual_share,
        dual_share_by3,
        prior_savings,
        prior_person_years,
        prior_sharing_rate,
        termination: _,
        termination_date: _,
        closeout_complete: _,
        aip_outstanding,
        prepaid_outstanding,
    } = row;
    if let Some(MinimumRateChoice::Fixed(rate)) = msr_choice {
        plain([rate], []);
    }
    let shares = [euc_share_beneficiaries, euc_share_year, lis_dual_share, dual_share_by3];
    plain([], shares.into_iter().chain([quality_score, participant_revenue, aip_outstanding, prepaid_outstanding]));
    plain([], [prior_savings, prior_person_years, prior_sharing_rate].into_iter().flatten());
}

fn aco_year(row: &mut AcoYear) {
    let AcoYear {
        key: _,
        year: _,
        enrollment_type: _,
        person_years,
        per_capita_expenditure,
        hcc_risk_score,
        demographic_risk_score,
        new_person_years,
        new_hcc_risk_score,
        continuing_hcc_risk_score,
        continuing_demographic_risk_score,
    } = row;
    let scores = [hcc_risk_score, demographic_risk_score, new_person_years, new_hcc_risk_score];
    plain(
        [person_years, per_capita_expenditure],
        scores.into_iter().chain([continuing_hcc_risk_score, continuing_demographic_risk_score]),
    );
}

fn plain<'n>(known: impl IntoIterator<Item = &'n mut Decimal>, perhaps: impl IntoIterator<Item = &'n mut Option<Decimal>>) {
    for number in known.into_iter().chain(perhaps.into_iter().flatten()) {
        *number = number.normalize();
    }
}
