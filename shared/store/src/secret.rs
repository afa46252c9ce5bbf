//! Secrets: what a person holds, and the hash by which the table knows it.
//!
//! Only the hash is ever stored; a secret can be made and compared, but not printed by accident.

use crate::codec::hex;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use std::fmt;
use std::str::FromStr;

/// What every API key begins with, so that a leaked one is recognised where it turns up.
const PREFIX: &str = "vms_";

/// A text that is no secret of this store.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not a key of this cache")]
pub struct SecretError;

/// The SHA-256 of a secret, in hex: safe to store, and all that is stored.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct SecretHash(String);

impl SecretHash {
    /// The hash of a secret's text.
    pub(crate) fn of(text: &str) -> Self {
        Self(hex(&Sha256::digest(text)))
    }

    /// The 64 hex digits.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl From<SecretHash> for String {
    fn from(hash: SecretHash) -> Self {
        hash.0
    }
}

impl TryFrom<String> for SecretHash {
    type Error = SecretError;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        if is_digits(&text) { Ok(Self(text)) } else { Err(SecretError) }
    }
}

/// An API key: `vms_` and 64 hex digits of 256 random bits. Neither `Debug` nor any error shows it.
#[derive(Clone, PartialEq, Eq)]
pub struct KeySecret(String);

impl KeySecret {
    /// The key of 256 random bits, which the caller draws.
    pub fn from_entropy(entropy: [u8; 32]) -> Self {
        Self(format!("{PREFIX}{}", hex(&entropy)))
    }

    /// The text that its holder is shown, once.
    pub fn expose(&self) -> &str {
        &self.0
    }

    /// What the table knows it by.
    pub fn hash(&self) -> SecretHash {
        SecretHash::of(&self.0)
    }
}

impl FromStr for KeySecret {
    type Err = SecretError;

    /// Reads a key that was presented; anything that cannot be one is refused without asking the table.
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        match text.strip_prefix(PREFIX) {
            Some(digits) if is_digits(digits) => Ok(Self(text.to_owned())),
            _ => Err(SecretError),
        }
    }
}

impl fmt::Debug for KeySecret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("KeySecret(…)")
    }
}

/// The token in a session's cookie: 64 hex digits of 256 random bits. `Debug` does not show it.
#[derive(Clone, PartialEq, Eq)]
pub struct SessionToken(String);

impl SessionToken {
    /// The token of 256 random bits, which the caller draws.
    pub fn from_entropy(entropy: [u8; 32]) -> Self {
        Self(hex(&entropy))
    }

    /// The cookie's value.
    pub fn expose(&self) -> &str {
        &self.0
    }

    /// What the table knows it by.
    pub fn hash(&self) -> SecretHash {
        SecretHash::of(&self.0)
    }
}

impl FromStr for SessionToken {
    type Err = SecretError;

    /// Reads a cookie's value.
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        if is_digits(text) { Ok(Self(text.to_owned())) } else { Err(SecretError) }
    }
}

impl fmt::Debug for SessionToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SessionToken(…)")
    }
}

fn is_digits(text: &str) -> bool {
    text.len() == 64 && text.bytes().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_is_read_as_it_was_shown_and_its_hash_is_that_of_its_text() {
        let key = KeySecret::from_entropy([0xa5; 32]);
        assert_eq!(key.expose(), format!("vms_{}", "a5".repeat(32)));
        assert_eq!(key.expose().parse(), Ok(key.clone()));
        assert_eq!(key.hash(), SecretHash::of(key.expose()));
        let token = SessionToken::from_entropy([0xa5; 32]);
        assert_eq!(token.expose().parse(), Ok(token.clone()));
        assert_ne!(token.hash(), key.hash());
    }

    #[test]
    fn what_cannot_be_a_key_is_refused() {
        let digits = "a5".repeat(32);
        for bad in ["", "vms_", &digits, &format!("vms_{digits}0"), &format!("vms_{}", digits.to_uppercase())] {
            assert_eq!(bad.parse::<KeySecret>(), Err(SecretError));
        }
        assert_eq!(format!("vms_{digits}").parse::<SessionToken>(), Err(SecretError));
    }

    #[test]
    fn no_secret_is_printed() {
        let shown = format!("{:?} {:?}", KeySecret::from_entropy([0xa5; 32]), SessionToken::from_entropy([0xa5; 32]));
        assert_eq!(shown, "KeySecret(…) SessionToken(…)");
    }
}
