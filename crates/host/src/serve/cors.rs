//! Which pages of which origins may read answers in a browser, with daprd's headers
//! (<https://developer.mozilla.org/docs/Web/HTTP/CORS>).

use http::{
    HeaderMap, HeaderName, HeaderValue, Method,
    header::{
        ACCESS_CONTROL_ALLOW_HEADERS, ACCESS_CONTROL_ALLOW_METHODS, ACCESS_CONTROL_ALLOW_ORIGIN,
        ACCESS_CONTROL_REQUEST_HEADERS, ACCESS_CONTROL_REQUEST_METHOD, ORIGIN, VARY,
    },
};

/// What daprd lets pages do; of these only some lead anywhere here.
const METHODS: [&str; 6] = ["HEAD", "GET", "POST", "PUT", "PATCH", "DELETE"];

/// The origins that are let in.
pub(super) struct Cors(Vec<Origins>);

enum Origins {
    All,
    One(String),
    /// What stands before and after a `*`.
    Between(String, String),
}

impl Cors {
    /// `origins` as `--allowed-origins` has them; nothing where there are none.
    pub(super) fn new(origins: &[String]) -> Option<Self> {
        let read = |origin: &String| {
            let origin = origin.trim().to_ascii_lowercase();
            match origin.split_once('*') {
                Some(("", "")) => Origins::All,
                Some((before, after)) => Origins::Between(before.to_owned(), after.to_owned()),
                None => Origins::One(origin),
            }
        };
        let given = origins.iter().filter(|origin| !origin.trim().is_empty());
        let let_in: Vec<_> = given.map(read).collect();
        (!let_in.is_empty()).then_some(Self(let_in))
    }

    /// The headers of the answer to a preflight; `None` for any other request.
    pub(super) fn preflight(&self, method: &Method, asked: &HeaderMap) -> Option<HeaderMap> {
        let wanted = asked.get(ACCESS_CONTROL_REQUEST_METHOD)?;
        if method != Method::OPTIONS || wanted.is_empty() {
            return None;
        }
        let mut headers = HeaderMap::new();
        for name in [
            ORIGIN,
            ACCESS_CONTROL_REQUEST_METHOD,
            ACCESS_CONTROL_REQUEST_HEADERS,
        ] {
            headers.append(VARY, HeaderValue::from(name));
        }
        let origin = self.allowed(asked);
        let wants = wanted.to_str().unwrap_or_default().to_ascii_uppercase();
        let is_known = METHODS.contains(&&*wants) || wants == "OPTIONS";
        if let (Some(origin), true, Ok(allowed)) = (origin, is_known, HeaderValue::try_from(&wants))
        {
            headers.insert(ACCESS_CONTROL_ALLOW_ORIGIN, origin);
            headers.insert(ACCESS_CONTROL_ALLOW_METHODS, allowed);
            if let Some(names) = asked.get(ACCESS_CONTROL_REQUEST_HEADERS) {
                headers.insert(ACCESS_CONTROL_ALLOW_HEADERS, names.clone());
            }
        }
        Some(headers)
    }

    /// The headers of the answer to an ordinary request.
    pub(super) fn headers(
        &self,
        asked: &HeaderMap,
    ) -> impl Iterator<Item = (HeaderName, HeaderValue)> + use<> {
        let origin = self.allowed(asked);
        let allowed = origin.map(|origin| (ACCESS_CONTROL_ALLOW_ORIGIN, origin));
        [(VARY, HeaderValue::from(ORIGIN))]
            .into_iter()
            .chain(allowed)
    }

    /// What the answer names as its origin, if the asking one is let in.
    fn allowed(&self, asked: &HeaderMap) -> Option<HeaderValue> {
        let origin = asked.get(ORIGIN).filter(|origin| !origin.is_empty())?;
        let text = origin.to_str().ok()?.to_ascii_lowercase();
        if self.0.iter().any(|it| matches!(it, Origins::All)) {
            return Some(HeaderValue::from_static("*"));
        }
        let is_let_in = self.0.iter().any(|it| match it {
            Origins::All => true,
            Origins::One(one) => *one == text,
            Origins::Between(before, after) => {
                text.len() >= before.len() + after.len()
                    && text.starts_with(before)
                    && text.ends_with(after)
            }
        });
        is_let_in.then(|| origin.clone())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn from(origin: &'static str) -> HeaderMap {
        HeaderMap::from_iter([(ORIGIN, HeaderValue::from_static(origin))])
    }

    fn allowed(cors: &Cors, origin: &'static str) -> Option<String> {
        let mut headers = cors.headers(&from(origin));
        let found = headers.find(|(name, _)| name == ACCESS_CONTROL_ALLOW_ORIGIN);
        found.map(|(_, value)| value.to_str().unwrap().to_owned())
    }

    #[test]
    fn only_origins_that_are_named_are_let_in() {
        let cors = |origins: &[&str]| {
            let origins: Vec<_> = origins.iter().map(|it| (*it).to_owned()).collect();
            Cors::new(&origins)
        };
        assert!(cors(&[]).is_none() && cors(&[""]).is_none());
        let some = cors(&["http://Shop.example", "https://*.shop.example"]).unwrap();
        for (origin, is_let_in) in [
            ("http://shop.example", true),
            ("https://a.shop.example", true),
            ("https://shop.example", false),
            ("http://evil.example", false),
            ("https://a.shop.example.evil.example", false),
        ] {
            let expected = is_let_in.then(|| origin.to_owned());
            assert_eq!(allowed(&some, origin), expected, "{origin}");
        }
        let all = cors(&["*"]).unwrap();
        assert_eq!(allowed(&all, "http://x").as_deref(), Some("*"));
    }

    #[test]
    fn a_preflight_is_answered_for_what_is_let_in() {
        let cors = Cors::new(&["http://shop.example".to_owned()]).unwrap();
        let mut asked = from("http://shop.example");
        assert!(cors.preflight(&Method::OPTIONS, &asked).is_none());
        let get = HeaderValue::from_static("get");
        asked.insert(ACCESS_CONTROL_REQUEST_METHOD, get);
        let names = HeaderValue::from_static("dapr-api-token");
        asked.insert(ACCESS_CONTROL_REQUEST_HEADERS, names.clone());
        assert!(cors.preflight(&Method::GET, &asked).is_none());
        let answer = cors.preflight(&Method::OPTIONS, &asked).unwrap();
        assert_eq!(answer[ACCESS_CONTROL_ALLOW_ORIGIN], "http://shop.example");
        assert_eq!(answer[ACCESS_CONTROL_ALLOW_METHODS], "GET");
        assert_eq!(answer[ACCESS_CONTROL_ALLOW_HEADERS], names);
        asked.insert(ORIGIN, HeaderValue::from_static("http://evil.example"));
        let answer = cors.preflight(&Method::OPTIONS, &asked).unwrap();
        assert!(!answer.contains_key(ACCESS_CONTROL_ALLOW_ORIGIN));
    }
}
