//! What is in the log of `serve`, whoever asks for what.

use dapr_wasm_host::grpc::proto::runtime::{GetSecretRequest, dapr_client::DaprClient};
use tonic::transport::Endpoint;

use crate::support::{Folder, Served, component, run, secrets_file, text};

/// What would be a line of its own, clear a terminal, or hide what follows.
const FORGED: &str = "x\nERROR forged\r\u{1b}[2J\u{2028}\u{85}\u{202e}y";

#[tokio::test]
async fn a_caller_writes_no_line_of_his_own() {
    let folder = Folder::new();
    let file = secrets_file(&folder, "{}");
    let items = [("secretsFile", file.as_str())];
    let yaml = component("file", "secretstores.local.file", &items, "");
    folder.write("a.yaml", &yaml);
    for format in ["--log-as-json=false", "--log-as-json=true"] {
        let arguments = ["--log-level=debug", format];
        let mut served = Served::start(&folder, &arguments, &[]);
        served.process.wait_for("ready", 1);
        let before = served.process.log().lines().count();
        let escaped: String = FORGED.bytes().map(|byte| format!("%{byte:02X}")).collect();
        served.get(&format!("/v1.0/secrets/file/{escaped}")).await;
        let endpoint = Endpoint::try_from(format!("http://{}", served.grpc)).unwrap();
        let mut client = DaprClient::new(endpoint.connect().await.unwrap());
        let request = GetSecretRequest {
            store_name: "file".to_owned(),
            key: FORGED.to_owned(),
            ..GetSecretRequest::default()
        };
        client.get_secret(request).await.unwrap_err();
        served.process.wait_for("forged", 2);
        let log = served.process.log();
        assert_eq!(log.lines().count(), before + 2, "{log}");
        let is_bad = |it: &char| it.is_control() && *it != '\n';
        assert_eq!(log.chars().find(is_bad), None, "{log}");
        assert!(!log.contains(['\u{2028}', '\u{202e}']), "{log}");
    }
}

#[test]
fn a_name_in_a_file_stays_on_its_line_of_a_table_too() {
    let yaml = component("x", "secretstores.local.file", &[], "");
    let yaml = yaml.replace("name: x", r#"name: "x\u2028\u001b[2J\nERROR forged""#);
    let folder = Folder::new().with("a.yaml", &yaml);
    let path = folder.path().to_str().unwrap();
    let output = run(&["check", "--resources-path", path], &[]);
    let said = text(&output.stdout) + &text(&output.stderr);
    assert!(said.contains("forged"), "{said}");
    assert!(!said.contains(['\u{1b}', '\u{2028}']), "{said}");
    assert!(!said.lines().any(|line| line.starts_with("ERROR forged")));
}

#[test]
fn the_last_line_of_a_start_says_that_it_is_ready() {
    let yaml = component("env", "secretstores.local.env", &[], "");
    let folder = Folder::new().with("a.yaml", &yaml);
    let mut served = Served::start(&folder, &[], &[]);
    served.process.wait_for("ready", 1);
    let log = served.process.log();
    let last = log.lines().last().unwrap();
    assert!(last.contains("ready stores=1"), "{log}");
    assert_eq!(log.matches("ready").count(), 1, "{log}");
}

#[tokio::test]
async fn without_a_component_that_can_be_read_it_is_not_ready() {
    let folder = Folder::new().with("a.yaml", "kind: [\n");
    let mut served = Served::start(&folder, &[], &[]);
    let error = served.process.wait_for("not ready", 1);
    assert!(error[0].contains("ERROR"), "{error:?}");
    for path in ["/v1.0/healthz", "/v1.0/healthz/outbound"] {
        assert_eq!(served.get(path).await.status.as_u16(), 500, "{path}");
    }
    // Mended, it is.
    folder.write(
        "a.yaml",
        &component("env", "secretstores.local.env", &[], ""),
    );
    served.process.wait_for("serves", 1);
    assert_eq!(served.get("/v1.0/healthz").await.status.as_u16(), 204);
}

#[test]
fn a_port_in_use_names_its_option() {
    let folder = Folder::new();
    let served = Served::start(&folder, &[], &[]);
    let path = folder.path().to_str().unwrap();
    for (option, port) in [
        ("--dapr-http-port", served.http.port()),
        ("--dapr-grpc-port", served.grpc.port()),
        ("--dapr-public-port", served.http.port()),
        ("--metrics-port", served.metrics.port()),
    ] {
        let mut arguments = vec![
            "serve".to_owned(),
            format!("--resources-path={path}"),
            "--metrics-listen-address=127.0.0.1".to_owned(),
            "--dapr-listen-addresses=127.0.0.1".to_owned(),
            "--dapr-public-listen-address=127.0.0.1".to_owned(),
        ];
        for name in ["--dapr-http-port", "--dapr-grpc-port", "--metrics-port"] {
            if name != option {
                arguments.push(format!("{name}=0"));
            }
        }
        arguments.push(format!("{option}={port}"));
        let arguments: Vec<_> = arguments.iter().map(String::as_str).collect();
        let output = run(&arguments, &[]);
        let said = text(&output.stderr);
        assert!(!output.status.success(), "{said}");
        let way_out = format!("choose another with {option}");
        assert!(said.contains(&way_out), "{said}");
        assert!(said.contains(&port.to_string()), "{said}");
    }
}
