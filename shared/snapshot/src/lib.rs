//! Snapshots of a VMS database: reduced copies, uploads, downloads.
