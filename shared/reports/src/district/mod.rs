//! The district family.

pub mod list;

use crate::{BuildError, Built, Settings};
use vms_core::{AsOf, ReportKey};
use vms_source::Dataset;

/// The reports of this family over one dataset.
pub struct Reports<'a> {
    _data: &'a Dataset,
    _as_of: &'a AsOf,
    _settings: &'a Settings,
}

impl<'a> Reports<'a> {
    pub(crate) fn new(data: &'a Dataset, as_of: &'a AsOf, settings: &'a Settings) -> Self {
        Self { _data: data, _as_of: as_of, _settings: settings }
    }

    pub(crate) fn plan(&self) -> Vec<ReportKey> {
        Vec::new()
    }

    pub(crate) fn build(&self, _key: &ReportKey) -> Result<Built, BuildError> {
        Err(BuildError::NoSubject)
    }
}
