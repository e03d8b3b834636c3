//! Empty: `cfn-guard` declares this dependency and uses nothing of it.
