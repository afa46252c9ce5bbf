//! Promises about API keys and sessions.

use super::samples::{now, seconds};
use crate::error::StoreError;
use crate::store::Store;
use crate::table::{Page, Read, SortRange, Table, TableError};
use crate::{ApiKey, KeySecret, Session, SessionToken, keys};
use vms_core::Role;

pub(super) async fn verify<T: Table>(store: &Store<T>) {
    a_key_is_found_by_its_hash_alone(store).await;
    a_key_is_made_once(store).await;
    a_revoked_key_is_absent_but_listed(store).await;
    a_session_lives_until_its_end(store).await;
}

fn key(n: u8) -> (KeySecret, ApiKey) {
    let record = ApiKey::new(format!("key-{n}"), "Dashboard", Role::Reader, now() - seconds(n.into()));
    (KeySecret::from_entropy([n; 32]), record)
}

async fn a_key_is_found_by_its_hash_alone<T: Table>(store: &Store<T>) {
    let (secret, record) = key(1);
    assert_eq!(store.key(&secret.hash(), Read::Consistent).await.unwrap(), None);
    store.create_key(&secret, &record).await.unwrap();
    assert_eq!(store.key(&secret.hash(), Read::Consistent).await.unwrap(), Some(record.clone()));
    assert_eq!(store.key(&key(9).0.hash(), Read::Consistent).await.unwrap(), None, "another secret finds nothing");
    let page = store.table().query(keys::API_KEYS, &SortRange::All, &Page::default(), Read::Consistent).await.unwrap();
    let digits = secret.expose().trim_start_matches("vms_");
    assert!(!format!("{:?}", page.items).contains(digits), "the secret itself is not stored");
}

async fn a_key_is_made_once<T: Table>(store: &Store<T>) {
    let (secret, record) = key(1);
    store.create_key(&secret, &record).await.unwrap();
    let other = ApiKey { role: Role::Operator, ..record.clone() };
    let answer = store.create_key(&secret, &other).await;
    assert_eq!(answer, Err(StoreError::Table(TableError::ConditionFailed)), "a key cannot be made into another");
    assert_eq!(store.key(&secret.hash(), Read::Consistent).await.unwrap(), Some(record));
}

async fn a_revoked_key_is_absent_but_listed<T: Table>(store: &Store<T>) {
    let (secret, record) = key(2);
    store.create_key(&secret, &record).await.unwrap();
    assert_eq!(store.key_by_id("key-2", Read::Consistent).await.unwrap(), Some(record.clone()));
    assert_eq!(store.revoke("key-9", now()).await.unwrap(), None, "what is not there cannot be revoked");
    let revoked = ApiKey { revoked_at: Some(now()), ..record };
    for at in [now(), now() + seconds(5)] {
        let answer = store.revoke("key-2", at).await.unwrap();
        assert_eq!(answer.as_ref(), Some(&revoked), "a key is revoked once");
    }
    assert_eq!(store.key(&secret.hash(), Read::Consistent).await.unwrap(), None, "a revoked key opens nothing");
    assert_eq!(store.key_by_id("key-2", Read::Consistent).await.unwrap(), None);
    assert_eq!(store.keys().await.unwrap(), [revoked, key(1).1], "every key is listed, oldest first");
}

async fn a_session_lives_until_its_end<T: Table>(store: &Store<T>) {
    let token = SessionToken::from_entropy([7; 32]).hash();
    let session = Session {
        key_id: "key-1".to_owned(),
        role: Role::Operator,
        expires_at: "2026-03-15T10:00:00Z".parse().unwrap(),
    };
    assert_eq!(store.session(&token, now()).await.unwrap(), None);
    store.create_session(&token, &session).await.unwrap();
    assert_eq!(store.session(&token, now()).await.unwrap().as_ref(), Some(&session));
    let end = session.expires_at;
    assert!(store.session(&token, end - seconds(1)).await.unwrap().is_some());
    assert_eq!(store.session(&token, end).await.unwrap(), None, "an expired session is absent, though it is stored");
    for _ in 0..2 {
        store.end_session(&token).await.unwrap();
        assert_eq!(store.session(&token, now()).await.unwrap(), None, "an ended session is absent");
    }
}
