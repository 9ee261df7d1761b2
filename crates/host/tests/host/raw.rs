//! Connections as they are, below HTTP.

use std::{
    io::{Read, Write},
    net::{SocketAddr, TcpStream},
};

use crate::support::{PATIENCE, text};

/// Sends `request` as it stands, and gives all that comes back until the server closes.
pub(crate) fn raw(address: SocketAddr, request: &str) -> String {
    let mut stream = open(address);
    stream.write_all(request.as_bytes()).unwrap();
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer).unwrap();
    text(&answer)
}

/// A connection that waits for nothing longer than anything here may take.
pub(crate) fn open(address: SocketAddr) -> TcpStream {
    let stream = TcpStream::connect(address).unwrap();
    stream.set_read_timeout(Some(PATIENCE)).unwrap();
    stream.set_write_timeout(Some(PATIENCE)).unwrap();
    stream
}
