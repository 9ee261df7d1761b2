//! Callers' connections, for every front by the same rules: ports and Unix sockets, how many
//! connections there may be, what each may take its time with, and how they end.

mod accept;
mod activity;
mod authority;
mod bodies;
mod connection;
mod folder;
mod listen;
mod socket;
mod watched;

use futures_util::future::{BoxFuture, Shared};

pub(crate) use self::{
    accept::serve,
    connection::{Front, MAX_HEAD},
    folder::prepare,
    listen::{Listener, listen},
};

/// Ready once serving is to end.
pub(crate) type Stop = Shared<BoxFuture<'static, ()>>;
