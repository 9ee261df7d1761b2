//! What the service manager is told, where one listens at `NOTIFY_SOCKET`, as systemd does for units
//! of `Type=notify`: <https://www.freedesktop.org/software/systemd/man/sd_notify.html>.

use sd_notify::NotifyState;

/// Callers are answered from now on.
pub(super) fn ready() {
    tell(&NotifyState::Ready);
}

/// This process was told to end.
pub(super) fn stopping() {
    tell(&NotifyState::Stopping);
}

fn tell(state: &NotifyState) {
    if let Err(why) = sd_notify::notify(std::slice::from_ref(state)) {
        tracing::warn!("the service manager at NOTIFY_SOCKET cannot be told {state}: {why}");
    }
}
