//! What a component without the standard library still needs of one: an allocator, an end to a panic,
//! and statics.
//!
//! Rust's standard library imports standard streams, `exit` and more of every host, whether they are
//! used or not. A component that has this crate in its place imports what it uses.
//!
//! A panic and a failed allocation trap. That ends this instance and nothing else: a host makes a new
//! one.

#![cfg(target_family = "wasm")]
#![no_std]
#![expect(
    unsafe_code,
    reason = "memory that the host asks for, and statics of one thread"
)]

extern crate alloc;

use alloc::alloc::{Layout, alloc, realloc};
use core::{arch::wasm32::unreachable, cell::RefCell, panic::PanicInfo};

use dlmalloc::GlobalDlmalloc;

#[global_allocator]
static ALLOCATOR: GlobalDlmalloc = GlobalDlmalloc;

#[panic_handler]
fn panic(_: &PanicInfo<'_>) -> ! {
    // No word of why: a component without a stream has nobody to tell, and a value may be in it.
    unreachable()
}

/// Gives memory to the host for what it passes in: the canonical ABI's `realloc`.
///
/// # Safety
/// `old` is null with an `old_size` of 0, or it came from here with this size and alignment;
/// `align` is a power of two.
#[unsafe(no_mangle)]
unsafe extern "C" fn cabi_realloc(
    old: *mut u8,
    old_size: usize,
    align: usize,
    new_size: usize,
) -> *mut u8 {
    if new_size == 0 {
        return core::ptr::without_provenance_mut(align);
    }
    let Ok(layout) = Layout::from_size_align(old_size.max(new_size), align) else {
        unreachable()
    };
    // SAFETY: neither size is 0, and what is given back came from here.
    let new = unsafe {
        if old_size == 0 {
            alloc(layout)
        } else {
            let layout = Layout::from_size_align_unchecked(old_size, align);
            realloc(old, layout, new_size)
        }
    };
    if new.is_null() {
        unreachable()
    }
    new
}

/// A static of an instance, which has one thread.
pub struct Static<T>(RefCell<T>);

#[cfg(not(target_feature = "atomics"))]
// SAFETY: without atomics there are no threads.
unsafe impl<T> Sync for Static<T> {}

impl<T> Static<T> {
    /// A static that begins with `value`.
    pub const fn new(value: T) -> Self {
        Self(RefCell::new(value))
    }

    /// Runs `work` on it, which may not come back here: that is a panic.
    pub fn with<R>(&self, work: impl FnOnce(&mut T) -> R) -> R {
        work(&mut self.0.borrow_mut())
    }
}
