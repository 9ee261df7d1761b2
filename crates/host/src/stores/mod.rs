//! Secret stores by one trait, be they components or built in, and the types that there are.

mod built_in;
mod configured;
pub(crate) mod environment;
mod local_env;
mod local_file;
mod needs;
mod place;
mod pool;
mod properties;
mod queue;
mod store;
mod store_type;
mod types;

pub(crate) use built_in::error;
pub use environment::Environment;
pub use local_env::LocalEnv;
pub use local_file::LocalFile;
pub use needs::{FileText, Needs, Reach};
pub(crate) use place::Place;
pub use pool::{Pool, PoolOptions};
pub use properties::Properties;
pub use store::Store;
pub use store_type::{InvalidStoreType, StoreType};
pub use types::{Grants, StoreTypes};
