//! Whom the AWS clients trust: Amazon's own five roots, which are all that its certificates end in.
//!
//! Reading the platform's hundred and forty was the largest part of a cold start. Amazon recommends exactly this set
//! to whoever keeps a trust store of their own (<https://www.amazontrust.com/repository/>), and no single certificate
//! of it is enough. Where the other end may be somebody else's, the platform's roots are read as ever.

use aws_config::ConfigLoader;
use aws_smithy_http_client::Builder;
use aws_smithy_http_client::tls::rustls_provider::CryptoMode;
use aws_smithy_http_client::tls::{Provider, TlsContext, TrustStore};
use vms_core::Env;

/// Amazon Root CA 1 to 4, and Starfield Services Root Certificate Authority G2.
const AMAZON: &str = include_str!("amazon_roots.pem");

/// Regions with roots of their own: China, and the European Sovereign Cloud.
const ELSEWHERE: [&str; 2] = ["cn-", "eusc-"];
/// Where whoever runs this names roots; the platform's reader knows these variables.
const NAMED: [&str; 2] = ["SSL_CERT_FILE", "SSL_CERT_DIR"];
/// The SDK's settings of endpoints that are not AWS's.
const ENDPOINTS: [&str; 5] = [
    "AWS_ENDPOINT_URL",
    "AWS_ENDPOINT_URL_DYNAMODB",
    "AWS_ENDPOINT_URL_S3",
    "AWS_ENDPOINT_URL_CLOUDWATCH",
    "AWS_ENDPOINT_URL_LAMBDA",
];

/// The same settings, where HTTP clients trust whom they should.
pub(crate) fn trusting(aws: ConfigLoader, env: &Env<'_>) -> ConfigLoader {
    let roots =
        if wants_platform(env) { TrustStore::default() } else { TrustStore::empty().with_pem_certificate(AMAZON) };
    // The platform's roots again where that is no context.
    let context = TlsContext::builder().with_trust_store(roots).build().unwrap_or_default();
    aws.http_client(Builder::new().tls_provider(Provider::Rustls(CryptoMode::AwsLc)).tls_context(context).build_https())
}

/// Whether an end other than AWS's own is to be expected.
fn wants_platform(env: &Env<'_>) -> bool {
    let named = NAMED.iter().any(|variable| env.text(variable).is_some());
    let region = env.text("AWS_REGION").unwrap_or_default();
    let private = |variable| env.text(variable).is_some_and(|url| url.starts_with("https:"));
    named || ELSEWHERE.iter().any(|prefix| region.starts_with(prefix)) || ENDPOINTS.into_iter().any(private)
}

#[cfg(test)]
mod tests {
    use super::*;
    use aws_config::{BehaviorVersion, Region};
    use aws_credential_types::Credentials;
    use aws_credential_types::provider::SharedCredentialsProvider;

    fn wants(variable: &'static str, value: &'static str) -> bool {
        wants_platform(&Env::new(&|name| (name == variable).then(|| value.to_owned())))
    }

    #[test]
    fn amazons_roots_are_for_amazons_ends_alone() {
        for (variable, value, platform) in [
            ("AWS_REGION", "us-east-1", false),
            ("AWS_REGION", "us-gov-west-1", false),
            ("AWS_ENDPOINT_URL_DYNAMODB", "http://127.0.0.1:8000", false),
            ("AWS_ENDPOINT_URL_DYNAMODB", "https://dynamodb.example.org", true),
            ("AWS_ENDPOINT_URL", "https://example.org", true),
            ("AWS_REGION", "cn-north-1", true),
            ("AWS_REGION", "eusc-de-east-1", true),
            ("SSL_CERT_FILE", "/etc/ssl/proxy.pem", true),
            ("SSL_CERT_DIR", "/etc/ssl/certs", true),
        ] {
            assert_eq!(wants(variable, value), platform, "{variable}={value}");
        }
    }

    /// The SDK takes the certificates as they are and panics over one that cannot be read, when it first connects.
    #[tokio::test]
    async fn a_client_can_be_made_of_amazons_roots() {
        assert_eq!(AMAZON.matches("BEGIN CERTIFICATE").count(), 5);
        let nobody = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap().local_addr().unwrap();
        let credentials = Credentials::new("x", "x", None, None, "test");
        let aws = aws_config::defaults(BehaviorVersion::latest())
            .region(Region::new("us-east-1"))
            .credentials_provider(SharedCredentialsProvider::new(credentials))
            .endpoint_url(format!("https://{nobody}"));
        let aws = trusting(aws, &Env::new(&|_| None)).load().await;
        let env = Env::new(&|name| (name == "TABLE_NAME").then(|| "none".to_owned()));
        let store = crate::store(&aws, &env).unwrap();
        let asked = store.schedule_control(vms_store::Read::Eventual).await;
        assert!(asked.unwrap_err().is_transient(), "nobody listens there, which is all that is wrong");
    }
}
