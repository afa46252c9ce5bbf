//! Serves cached reports: `GET /reports` and `GET, HEAD /reports/{report key}`.

use vms_http::Reports;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), lambda_http::Error> {
    let reports = Reports::new(vms_lambda::http_context(&vms_lambda::aws().await)?);
    let reports = reports.metered(vms_lambda::embedded_metrics()?);
    vms_lambda::serve(&reports).await
}
