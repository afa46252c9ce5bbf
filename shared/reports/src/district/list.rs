//! The districts that get reports: data, not code.

/// The districts that get year-end and engagement reports.
#[derive(Debug, Clone)]
pub struct DistrictList;

/// A district list that cannot be used.
#[derive(Debug, thiserror::Error)]
#[error("todo")]
pub struct DistrictListError;

impl DistrictList {
    /// VMS's own seven districts.
    pub fn parse(_file: &str, _text: &str) -> Result<Self, DistrictListError> {
        Ok(Self)
    }
    /// VMS's own seven districts.
    pub fn vms() -> Self {
        Self
    }
}
