//! Misbehaviour on demand.

use std::time::Duration;

use values::duration;

/// How an answer goes wrong.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum FaultKind {
    /// `latency=300ms`: the answer comes late.
    Latency(Duration),
    /// `status=503`: the answer has another HTTP status, and a page of HTML.
    Status(u16),
    /// `error=CODE`: the answer is an error of SSM's or STS's; of the metadata service, a `Code`
    /// other than `Success`.
    Error(String),
    /// `reset`: the connection is reset instead of an answer.
    Reset,
    /// `close`: the connection is closed instead of an answer, in good order.
    Close,
    /// `truncated`: the answer ends half-way.
    Truncated,
    /// `huge`: the answer has 200 MB.
    Huge,
    /// `drip=10ms`: the answer comes in eight pieces, this long apart.
    Drip(Duration),
    /// `no-length`: the answer does not say its length beforehand.
    NoLength,
    /// `gzip`: the answer says that it is compressed, in a way that nobody asked for.
    Gzip,
    /// `huge-head`: the answer has a header of 1 MB.
    HugeHead,
    /// `silent`: the answer never comes.
    Silent,
    /// `silent-body`: the second half of the answer never comes.
    SilentBody,
    /// `redirect=URL`: the answer is HTTP status 307.
    Redirect(String),
    /// `raw=TEXT`: the answer has this body, whatever it is.
    Raw(Vec<u8>),
    /// `wrong-name`: the answer is another secret's.
    WrongName,
    /// `wrong-version`: the answer is another version's.
    WrongVersion,
    /// `both-values`: the answer holds a text and a binary value.
    BothValues,
    /// `empty-values`: the answer holds neither a text nor a binary value.
    EmptyValues,
    /// `no-request-id`: the answer has no `RequestId`.
    NoRequestId,
    /// `no-keys`: the answer of STS or the metadata service lacks the keys.
    NoKeys,
    /// `line-end`: the answer ends with a line end, which shows in a role's name.
    LineEnd,
}

/// A [`FaultKind`] and the requests that it befalls: all, unless narrowed down.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fault {
    pub(crate) kind: FaultKind,
    action: Option<String>,
    secret: Option<String>,
    times: Option<u32>,
    percent: Option<u32>,
    /// How many requests it could have befallen.
    seen: u32,
}

impl Fault {
    /// A fault that befalls every request, for ever.
    pub fn new(kind: FaultKind) -> Self {
        Self {
            kind,
            action: None,
            secret: None,
            times: None,
            percent: None,
            seen: 0,
        }
    }

    /// Narrows it down to requests for `action`: one of SSM's or STS's, or of the metadata service
    /// `MetadataRoleName` and `MetadataRoleKeys`.
    #[must_use]
    pub fn on(mut self, action: &str) -> Self {
        self.action = Some(action.to_owned());
        self
    }

    /// Narrows it down to requests that name `secret`; of STS, this ARN of a role; of the metadata
    /// service, this role.
    #[must_use]
    pub fn of(mut self, secret: &str) -> Self {
        self.secret = Some(secret.to_owned());
        self
    }

    /// Narrows it down to the next `times` of those requests.
    #[must_use]
    pub fn times(mut self, times: u32) -> Self {
        self.times = Some(times);
        self
    }

    /// Narrows it down to `percent` of a hundred of those requests, spread over them.
    #[must_use]
    pub fn percent(mut self, percent: u32) -> Self {
        self.percent = Some(percent);
        self
    }

    /// Reads `KIND[=VALUE][@ACTION[/SECRET]][%PERCENT][*TIMES]`, as the option `--fault` does:
    /// `error=RequestLimitExceeded@GetSecretValue*2`.
    ///
    /// # Errors
    /// What is wrong, for people.
    pub fn parse(text: &str) -> Result<Self, String> {
        let wrong = |why: &str| format!("{text:?} is no fault: {why}");
        let (rest, times) = match text.rsplit_once('*') {
            Some((rest, times)) => {
                let times = times.parse().map_err(|_| wrong("after * comes a number"))?;
                (rest, Some(times))
            }
            None => (text, None),
        };
        let (rest, percent) = match rest.rsplit_once('%') {
            Some((rest, percent)) if percent.parse::<u32>().is_ok() => (rest, percent.parse().ok()),
            _ => (rest, None),
        };
        let (kind, target) = rest.split_once('@').unwrap_or((rest, ""));
        let (action, secret) = target.split_once('/').unwrap_or((target, ""));
        let filled = |text: &str| Some(text.to_owned()).filter(|text| !text.is_empty());
        let (name, value) = kind.split_once('=').unwrap_or((kind, ""));
        Ok(Self {
            kind: kind_of(name, value).map_err(wrong)?,
            action: filled(action),
            secret: filled(secret),
            times,
            percent,
            seen: 0,
        })
    }

    /// Whether it befalls this request; counts it if so.
    pub(crate) fn befalls(&mut self, action: &str, secret: Option<&str>) -> bool {
        let same = |wanted: &Option<String>, given: Option<&str>| {
            wanted.is_none() || wanted.as_deref() == given
        };
        if !same(&self.action, Some(action)) || !same(&self.secret, secret) {
            return false;
        }
        self.seen = self.seen.wrapping_add(1);
        if self
            .percent
            .is_some_and(|percent| spread(self.seen) >= percent)
        {
            return false;
        }
        match &mut self.times {
            Some(0) => false,
            Some(times) => {
                *times -= 1;
                true
            }
            None => true,
        }
    }
}

/// A number under 100 for the `nth` request: each as often as any other, in no plain order.
fn spread(nth: u32) -> u32 {
    nth.wrapping_mul(61) % 100
}

fn kind_of(name: &str, value: &str) -> Result<FaultKind, &'static str> {
    Ok(match name {
        "latency" => FaultKind::Latency(duration(value).ok_or("latency=300ms")?),
        "status" => FaultKind::Status(value.parse().map_err(|_| "status=503")?),
        "error" if !value.is_empty() => FaultKind::Error(value.to_owned()),
        "reset" => FaultKind::Reset,
        "close" => FaultKind::Close,
        "truncated" => FaultKind::Truncated,
        "huge" => FaultKind::Huge,
        "drip" => FaultKind::Drip(duration(value).ok_or("drip=10ms")?),
        "no-length" => FaultKind::NoLength,
        "gzip" => FaultKind::Gzip,
        "huge-head" => FaultKind::HugeHead,
        "silent" => FaultKind::Silent,
        "silent-body" => FaultKind::SilentBody,
        "redirect" => FaultKind::Redirect(value.to_owned()),
        "raw" => FaultKind::Raw(value.as_bytes().to_vec()),
        "wrong-name" => FaultKind::WrongName,
        "wrong-version" => FaultKind::WrongVersion,
        "both-values" => FaultKind::BothValues,
        "empty-values" => FaultKind::EmptyValues,
        "no-request-id" => FaultKind::NoRequestId,
        "no-keys" => FaultKind::NoKeys,
        "line-end" => FaultKind::LineEnd,
        _ => return Err("its kind is unknown (see --help)"),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn faults_are_read_from_one_line() {
        let fault = Fault::parse("error=RequestLimitExceeded@GetSecretValue/db*2").unwrap();
        let same = Fault::new(FaultKind::Error("RequestLimitExceeded".into()))
            .on("GetSecretValue")
            .of("db")
            .times(2);
        assert_eq!(fault, same);
        let reset = Fault::new(FaultKind::Reset);
        assert_eq!(Fault::parse("reset").unwrap(), reset);
        let late = Fault::new(FaultKind::Latency(Duration::from_millis(300))).on("ListSecrets");
        assert_eq!(Fault::parse("latency=300ms@ListSecrets").unwrap(), late);
        for wrong in [
            "",
            "error",
            "error=",
            "status=x",
            "reset*x",
            "latency=3",
            "bang",
        ] {
            assert!(Fault::parse(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn a_fault_befalls_what_it_names_as_often_as_it_says() {
        let mut fault = Fault::new(FaultKind::Reset).on("A").of("x").times(2);
        assert!(!fault.befalls("B", Some("x")));
        assert!(!fault.befalls("A", Some("y")));
        assert!(!fault.befalls("A", None));
        assert!(fault.befalls("A", Some("x")));
        assert!(fault.befalls("A", Some("x")));
        assert!(!fault.befalls("A", Some("x")));
    }
}
