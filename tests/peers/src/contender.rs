//! Who is measured: ours, what would be picked instead, and the floor.

use crate::place;
use crate::process::Process;
use crate::runtime::Runtime;
use crate::stage::{self, Stage};
use flate2::Compression;
use flate2::write::DeflateEncoder;
use serde_json::json;
use std::io::Write as _;
use std::path::Path;
use std::process::{Command, Stdio};
use vms_core::ReportKey;

/// A function that can be started.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Contender {
    Ours,
    /// boto3 and Powertools, bodies stored as gzip bytes.
    PythonGzip,
    /// boto3 and Powertools, bodies stored as text and compressed for each answer.
    PythonText,
    /// A Rust function that does nothing.
    Empty,
}

impl Contender {
    pub(crate) const ALL: [Self; 4] = [Self::Ours, Self::PythonGzip, Self::PythonText, Self::Empty];
    /// Those that serve reports.
    pub(crate) const THAT_SERVE: [Self; 3] = [Self::Ours, Self::PythonGzip, Self::PythonText];

    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Ours => "ours",
            Self::PythonGzip => "Python, stored gzip",
            Self::PythonText => "Python, stored text",
            Self::Empty => "empty Rust function",
        }
    }

    /// Starts a process that polls this runtime and asks the store at that address.
    pub(crate) fn start(self, runtime: &Runtime, store: &str) -> Process {
        let mut command = match self {
            Self::Ours => function("reports", runtime, store),
            Self::Empty => function("peers-empty", runtime, store),
            Self::PythonGzip | Self::PythonText => {
                let mut command = Command::new(place::python());
                with_environment(&mut command, runtime, store);
                command.args(["-m", "awslambdaric", "handler.lambda_handler"]);
                command.current_dir(place::own("python")).env("LAMBDA_TASK_ROOT", place::own("python"));
                command.env("PYTHONDONTWRITEBYTECODE", "1").env("POWERTOOLS_SERVICE_NAME", "reports");
                command
            }
        };
        match self {
            Self::PythonGzip => command.env("BODY", "gzip").env("TABLE_NAME", stage::GZIP_TABLE),
            Self::PythonText => command.env("BODY", "text").env("TABLE_NAME", stage::TEXT_TABLE),
            Self::Ours | Self::Empty => command.env("TABLE_NAME", stage::TABLE),
        };
        Process::start(command)
    }

    /// Bytes of what is deployed: unpacked, and packed as in a zip.
    pub(crate) fn package(self) -> (u64, u64) {
        match self {
            Self::Ours => packed(&place::program("reports")),
            Self::Empty => packed(&place::program("peers-empty")),
            Self::PythonGzip | Self::PythonText => {
                let library = place::python().with_file_name("").join("../lib");
                let site = std::fs::read_dir(library).unwrap().flatten().next().unwrap().path().join("site-packages");
                let (code, own) = (packed(&site), packed(&place::own("python/handler.py")));
                (code.0 + own.0, code.1 + own.1)
            }
        }
    }

    /// What this one calls the content of a report whose name is `etag`.
    pub(crate) fn etag(self, etag: &str) -> String {
        if self == Self::Ours { format!("\"{etag}-gzip\"") } else { format!("\"{etag}\"") }
    }

    /// Whether it can serve that report at all.
    pub(crate) fn serves(self, report: &stage::Staged) -> bool {
        self != Self::PythonText || report.fits
    }

    /// The event that asks for a report on the stage, knowing it already or not.
    pub(crate) fn asks(self, stage: &Stage, report: &stage::Staged, knows: bool) -> String {
        let etag = knows.then(|| self.etag(&report.etag));
        event(&report.key, Some(stage.secret.expose()), etag.as_deref())
    }
}

/// The command of a function of the workspace, in Lambda's environment and nothing else.
pub(crate) fn function(name: &str, runtime: &Runtime, store: &str) -> Command {
    let mut command = Command::new(place::program(name));
    with_environment(&mut command, runtime, store);
    command
}

fn with_environment(command: &mut Command, runtime: &Runtime, store: &str) {
    command.env_clear().stdout(Stdio::null()).stderr(Stdio::null());
    command.env("AWS_LAMBDA_RUNTIME_API", &runtime.address).env("AWS_LAMBDA_FUNCTION_NAME", "peers");
    command.env("AWS_LAMBDA_FUNCTION_MEMORY_SIZE", "256").env("AWS_LAMBDA_FUNCTION_VERSION", "1");
    command.env("AWS_LAMBDA_LOG_STREAM_NAME", "s").env("AWS_LAMBDA_LOG_GROUP_NAME", "g");
    command.env("AWS_REGION", "us-east-1").env("AWS_DEFAULT_REGION", "us-east-1");
    command.env("AWS_ACCESS_KEY_ID", "x").env("AWS_SECRET_ACCESS_KEY", "x");
    command.env("AWS_ENDPOINT_URL_DYNAMODB", store);
}

/// The bytes of a file or of all files below a folder, without what only installs packages and without compiled
/// modules, which a package holds or not as one likes.
fn packed(path: &Path) -> (u64, u64) {
    const LEFT_OUT: [&str; 4] = ["__pycache__", "pip", "setuptools", "pkg_resources"];
    if path.is_dir() {
        let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        if LEFT_OUT.iter().any(|part| name == *part || name.starts_with(&format!("{part}-"))) {
            return (0, 0);
        }
        let parts = std::fs::read_dir(path).unwrap().flatten().map(|entry| packed(&entry.path()));
        return parts.fold((0, 0), |sum, part| (sum.0 + part.0, sum.1 + part.1));
    }
    let bytes = std::fs::read(path).unwrap();
    let mut deflate = DeflateEncoder::new(Vec::new(), Compression::best());
    deflate.write_all(&bytes).unwrap();
    (bytes.len() as u64, deflate.finish().unwrap().len() as u64)
}

/// An HTTP API's event that asks for a report.
pub(crate) fn event(key: &ReportKey, bearer: Option<&str>, etag: Option<&str>) -> String {
    let mut headers = json!({"accept-encoding": "gzip", "host": "localhost"});
    if let Some(bearer) = bearer {
        headers["authorization"] = format!("Bearer {bearer}").into();
    }
    if let Some(etag) = etag {
        headers["if-none-match"] = etag.into();
    }
    let path = format!("/reports/{key}");
    json!({
        "version": "2.0", "routeKey": "$default", "rawPath": path, "rawQueryString": "", "headers": headers,
        "isBase64Encoded": false,
        "requestContext": {
            "accountId": "1", "apiId": "a", "domainName": "localhost", "domainPrefix": "localhost", "requestId": "r",
            "routeKey": "$default", "stage": "$default", "time": "01/Jan/2026:00:00:00 +0000", "timeEpoch": 1,
            "http": {"method": "GET", "path": path, "protocol": "HTTP/1.1", "sourceIp": "127.0.0.1", "userAgent": "peers"},
        },
    })
    .to_string()
}
