//! Callers that are slow, many, gone or odd.

use std::{
    io::{Read, Write},
    net::{Shutdown, SocketAddr, TcpStream},
    thread,
    time::Duration,
};

use dapr_wasm_host::grpc::proto::runtime::{GetMetadataRequest, GetMetadataResponse};
use http::uri::PathAndQuery;
use rustix::process::{Resource, Rlimit, Signal, getrlimit, setrlimit};
use tonic::{Code, Request, client::Grpc, transport::Endpoint};
use tonic_prost::ProstCodec;

use crate::{
    raw::{open, raw},
    support::{Folder, Served, component, text},
};

const HEALTH: &str = "GET /v1.0/healthz HTTP/1.1\r\nHost: localhost\r\n\r\n";
/// What an HTTP/2 client begins with: the preface, and settings that change nothing.
const HTTP_2: &[u8] = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\x04\0\0\0\0\0";

fn served(arguments: &[&str]) -> Served {
    let yaml = component("env", "secretstores.local.env", &[], "");
    let folder = Folder::new().with("a.yaml", &yaml);
    let mut served = Served::start(&folder, arguments, &[("FOO", "bar")]);
    served.process.wait_for("ready", 1);
    served
}

/// A connection over which one request was answered, and which stays.
fn kept(address: SocketAddr) -> TcpStream {
    let mut stream = open(address);
    stream.write_all(HEALTH.as_bytes()).unwrap();
    let mut answer = [0; 512];
    let length = stream.read(&mut answer).unwrap();
    assert!(answer[..length].starts_with(b"HTTP/1.1 204"));
    stream
}

/// A connection that speaks HTTP/2, and is silent then.
fn silent(address: SocketAddr) -> TcpStream {
    let mut stream = open(address);
    stream.write_all(HTTP_2).unwrap();
    stream
}

/// The server's own settings are there.
fn has_begun(stream: &mut TcpStream) {
    let mut frame = [0; 9];
    stream.read_exact(&mut frame).unwrap();
    assert_eq!(frame[3], 4);
}

fn is_closed(stream: &mut TcpStream) -> bool {
    // Reset is closed too.
    let mut rest = Vec::new();
    stream.read_to_end(&mut rest).is_ok() || {
        let again = stream.read(&mut [0]);
        !again.is_err_and(|why| why.kind() == std::io::ErrorKind::WouldBlock)
    }
}

/// For a test that has many files open.
fn raise_file_limit() {
    let limit = getrlimit(Resource::Nofile);
    let current = limit.maximum;
    setrlimit(Resource::Nofile, Rlimit { current, ..limit }).unwrap();
}

#[test]
fn half_requests_are_closed_in_time() {
    let served = served(&[]);
    let halves = [
        "",
        "GET /v1.0/heal",
        "GET /v1.0/healthz HTTP/1.1\r\nHost: localhost\r\n",
    ];
    let mut streams = Vec::new();
    for half in halves {
        for address in [served.http, served.grpc] {
            let mut stream = open(address);
            // gRPC's port may have closed it already.
            let _ = stream.write_all(half.as_bytes());
            streams.push(stream);
        }
    }
    let mut idle = kept(served.http);
    for stream in &mut streams {
        assert!(is_closed(stream));
    }
    // One that had its answer is not one of them.
    idle.write_all(HEALTH.as_bytes()).unwrap();
    assert!(idle.read(&mut [0; 64]).unwrap() > 0);
}

#[test]
fn a_half_body_is_answered_in_time() {
    let served = served(&[]);
    let head = "PUT /v1.0/metadata/a HTTP/1.1\r\nHost: localhost\r\nContent-Length: 9\r\n\r\nhalf";
    let mut stream = open(served.http);
    stream
        .set_read_timeout(Some(Duration::from_secs(60)))
        .unwrap();
    stream.write_all(head.as_bytes()).unwrap();
    let mut answer = [0; 512];
    let length = stream.read(&mut answer).unwrap();
    let answer = text(&answer[..length]);
    assert!(answer.starts_with("HTTP/1.1 400"), "{answer}");
}

#[tokio::test]
async fn a_call_whose_message_never_comes_ends_in_time() {
    let served = served(&[]);
    let channel = Endpoint::try_from(format!("http://{}", served.grpc)).unwrap();
    let mut client = Grpc::new(channel.connect().await.unwrap());
    client.ready().await.unwrap();
    let nothing = Request::new(tokio_stream::pending::<GetMetadataRequest>());
    let path = PathAndQuery::from_static("/dapr.proto.runtime.v1.Dapr/GetMetadata");
    let codec = ProstCodec::<GetMetadataRequest, GetMetadataResponse>::default();
    let answer = client.client_streaming(nothing, path, codec).await;
    assert_eq!(answer.unwrap_err().code(), Code::DeadlineExceeded);
}

#[test]
fn whoever_asks_for_nothing_does_not_hold_up_the_end() {
    let served = served(&["--dapr-graceful-shutdown-seconds=3600"]);
    let mut streams = Vec::new();
    for _ in 0..50 {
        streams.push(kept(served.http));
        streams.push(silent(served.grpc));
        for address in [served.http, served.grpc] {
            streams.push(open(address));
            let mut half = open(address);
            half.write_all(b"PRI").unwrap();
            streams.push(half);
        }
        let mut half = open(served.http);
        half.write_all(b"GET / HTTP/1.1\r\n").unwrap();
        streams.push(half);
    }
    served.process.signal(Signal::TERM);
    let (status, log) = served.process.end();
    assert!(status.success(), "{log}");
    assert!(!log.contains("in flight"), "{log}");
}

#[test]
fn a_burst_of_idle_connections_is_taken() {
    raise_file_limit();
    let served = served(&[]);
    let mut streams: Vec<_> = (0..1_000).map(|_| silent(served.grpc)).collect();
    streams.iter_mut().for_each(has_begun);
    let mut more: Vec<_> = (0..1_000).map(|_| open(served.http)).collect();
    for stream in &mut more {
        stream.write_all(HEALTH.as_bytes()).unwrap();
    }
    for stream in &mut more {
        assert!(stream.read(&mut [0; 64]).unwrap() > 0);
    }
}

#[test]
fn beyond_the_limit_callers_wait_and_the_log_says_so_once() {
    raise_file_limit();
    let mut served = served(&[]);
    let mut streams: Vec<_> = (0..4_096).map(|_| kept(served.http)).collect();
    let mut waiting = open(served.http);
    waiting.write_all(HEALTH.as_bytes()).unwrap();
    served.process.wait_for("4096 connections are open", 1);
    let patience = Some(Duration::from_millis(300));
    waiting.set_read_timeout(patience).unwrap();
    assert!(waiting.read(&mut [0; 64]).is_err());
    // The other API has room of its own.
    has_begun(&mut silent(served.grpc));
    streams.truncate(4_000);
    waiting
        .set_read_timeout(Some(Duration::from_secs(30)))
        .unwrap();
    assert!(waiting.read(&mut [0; 64]).unwrap() > 0);
    let log = served.process.log();
    assert_eq!(log.matches("connections are open").count(), 1, "{log}");
}

#[test]
fn without_files_left_it_pauses_says_so_once_and_goes_on() {
    for is_grpc in [false, true] {
        let folder = Folder::new();
        let mut served = Served::with_files(&folder, 96, &[]);
        let address = if is_grpc { served.grpc } else { served.http };
        let streams: Vec<_> = (0..150).map(|_| silent(address)).collect();
        let said = served.process.wait_for("raise the limit of open files", 1);
        assert!(said[0].contains("ERROR"), "{said:?}");
        let before = served.process.computed();
        thread::sleep(Duration::from_secs(2));
        let computed = served.process.computed() - before;
        assert!(computed < 100, "{computed} hundredths of a second");
        drop(streams);
        has_begun(&mut silent(address));
        let log = served.process.log();
        assert_eq!(log.matches("raise the limit").count(), 1, "{log}");
    }
}

#[test]
fn whoever_says_that_no_more_comes_gets_his_answer() {
    let served = served(&[]);
    let mut stream = open(served.http);
    let request = "GET /v1.0/secrets/env/FOO HTTP/1.1\r\nHost: localhost\r\n\r\n";
    stream.write_all(request.as_bytes()).unwrap();
    stream.shutdown(Shutdown::Write).unwrap();
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer).unwrap();
    assert!(text(&answer).ends_with("{\"FOO\":\"bar\"}\n"));
}

#[test]
fn heads_are_taken_up_to_a_limit() {
    let served = served(&[]);
    let ask = |lines: usize, length: usize| {
        let line = format!("a: {}\r\n", "x".repeat(length));
        let lines = line.repeat(lines);
        let start = "GET /v1.0/healthz HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n";
        raw(served.http, &format!("{start}{lines}\r\n"))
    };
    for (lines, length, expected) in [
        (400, 10, "HTTP/1.1 204"),
        (600, 10, "HTTP/1.1 431"),
        (5, 10_000, "HTTP/1.1 204"),
    ] {
        let answer = ask(lines, length);
        assert!(answer.starts_with(expected), "{lines} {length}: {answer}");
    }
}
