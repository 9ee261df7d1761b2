use super::{
    script::{EPOCH, Reply, Seen, client},
    *,
};
use crate::ErrorKind;

/// A server whose clock shows `offset` more than ours and that accepts 300 seconds either way.
fn server(offset: i64) -> impl Fn(&Seen) -> Reply {
    move |seen| {
        let clock = EPOCH as i64 + seen.at.as_secs() as i64 + offset;
        let signed: i64 = seen.headers["x-tc-timestamp"].parse().unwrap();
        let reply = if (signed - clock).abs() > 300 {
            Reply::code("AuthFailure.SignatureExpire")
        } else {
            Reply::text("x", "SSM_Current", "value")
        };
        reply.dated(clock as u64)
    }
}

#[test]
fn a_wrong_clock_is_corrected_once_from_the_servers_date_and_stays_so() {
    for offset in [3_600, -3_600, 301, -301, 86_400 * 365] {
        let (client, world) = client(server(offset));
        success(get(&client, &world));
        assert_eq!(world.seen().len(), 2, "{offset}");
        success(get(&client, &world));
        assert_eq!(world.seen().len(), 3, "the correction was forgotten");
    }
}

#[test]
fn a_clock_within_the_window_needs_no_correction() {
    for offset in [0, 299, -299] {
        let (client, world) = client(server(offset));
        success(get(&client, &world));
        assert_eq!(world.seen().len(), 1);
    }
}

#[test]
fn the_clock_is_corrected_once_a_call_and_no_more() {
    let (client, world) = client(|seen| {
        let wandering = EPOCH + 3_600 * (1 + seen.at.as_millis() as u64 / 10);
        Reply::code("AuthFailure.SignatureExpire").dated(wandering)
    });
    let error = failure(get(&client, &world));
    assert_eq!(error.kind, ErrorKind::Unauthenticated);
    assert!(error.message.contains("clock"), "{error}");
    assert_eq!(world.seen().len(), 2);
}

#[test]
fn without_a_date_or_with_one_that_agrees_there_is_nothing_to_correct() {
    let replies: [fn() -> Reply; 2] = [
        || Reply::code("AuthFailure.SignatureExpire"),
        || Reply::code("AuthFailure.SignatureExpire").dated(EPOCH),
    ];
    for reply in replies {
        let (client, world) = client(move |_| reply());
        let error = failure(get(&client, &world));
        assert_eq!(error.kind, ErrorKind::Unauthenticated);
        assert_eq!(world.seen().len(), 1);
    }
}

#[test]
fn a_date_alone_does_not_move_the_clock() {
    let (client, world) = client(|_| Reply::text("x", "SSM_Current", "value").dated(EPOCH + 9_999));
    success(get(&client, &world));
    success(get(&client, &world));
    let stamps: Vec<String> = world
        .seen()
        .iter()
        .map(|seen| seen.headers["x-tc-timestamp"].clone())
        .collect();
    assert_eq!(stamps, [EPOCH.to_string(), EPOCH.to_string()]);
}
