//! Rosters in the encodings that spreadsheets save: read rightly or refused, never garbled.
#![allow(clippy::disallowed_methods, clippy::unwrap_used, reason = "a test reads files and may fail")]
#![allow(clippy::print_stdout, reason = "the counts are what this test is for")]

use std::path::Path;

use encoding_rs as rs;
use proptest::prelude::*;
use proptest::strategy::ValueTree;
use proptest::test_runner::{Config, RngAlgorithm, TestRng, TestRunner};
use racestack::config;

use crate::common::is_slow;

/// Names of people in the script of a country, none of which says by itself which encoding it is in.
const JAPANESE: &str = "佐藤　翔太 鈴木大輔 高橋美咲 田中さくら 伊藤陽菜 渡辺健一 山本直樹 中村蓮 小林湊 加藤葵 吉田結衣 山田ハナ 佐々木誠 \
                        斎藤学 髙橋愛 長谷川マリア 林恵 森優 岡田隆 藤原浩 松本由美 井上智子 木村拓也 清水ケン 石川花子";
const KOREAN: &str = "김민준 김서준 김도윤 이서연 박지우 최하은 정수현 강도윤 조예진 윤영호 장성훈 임경숙 한희정 오미철 서재혁 신동건 권태아 \
                      황호 안유나 송승환 류상선 전주혜 홍현 남궁민 제갈량 탁재훈 마동석 피천득 사공진";
const EUROPEAN: &str = "Jäger Müller Weiß Schröder Özdemir Ärzte Hélène François José Muñoz João Søren Åse Ægir Benoît Zoë Günther Anna Uwe";
const CENTRAL: &str = "Łukasz Wałęsa Dvořák Šimek Novák Černý Růžička Kovács Szőke Żak Lęk Jiří";
const CHINESE: &str =
    "王伟 李娜 张敏 刘洋 陈静 杨磊 赵强 黄丽 周杰 吴刚 徐明 孙涛 马超 朱军 胡歌 郭靖 何平 高峰 林丹 罗辉 梁静 郑爽";
const TURKISH: &str = "Işık Çağlar Şahin Gökçe Öztürk Yıldız Ağaoğlu";

/// An encoding, and how a text is written in it.
type Encoded = (&'static str, &'static str, fn(&str) -> Option<Vec<u8>>);

fn utf16(text: &str, bytes: fn(u16) -> [u8; 2]) -> Vec<u8> {
    std::iter::once(0xFEFF).chain(text.encode_utf16()).flat_map(bytes).collect()
}

fn legacy(encoding: &'static rs::Encoding, text: &str) -> Option<Vec<u8>> {
    let (bytes, _, lacks) = encoding.encode(text);
    (!lacks).then(|| bytes.into_owned())
}

const ENCODINGS: [Encoded; 9] = [
    ("UTF-8", JAPANESE, |text| Some(text.as_bytes().to_vec())),
    ("UTF-8 with a mark", KOREAN, |text| Some([b"\xEF\xBB\xBF", text.as_bytes()].concat())),
    ("UTF-16LE", JAPANESE, |text| Some(utf16(text, u16::to_le_bytes))),
    ("UTF-16BE", KOREAN, |text| Some(utf16(text, u16::to_be_bytes))),
    ("CP932", JAPANESE, |text| legacy(rs::SHIFT_JIS, text)),
    ("EUC-JP", JAPANESE, |text| legacy(rs::EUC_JP, text)),
    ("CP949", KOREAN, |text| legacy(rs::EUC_KR, text)),
    ("CP1252", EUROPEAN, |text| legacy(rs::WINDOWS_1252, text)),
    ("UTF-8 of Europe", EUROPEAN, |text| Some(text.as_bytes().to_vec())),
];

/// Nobody promises to read these; but they must not be taken for others.
const OTHERS: [Encoded; 4] = [
    ("CP1250", CENTRAL, |text| legacy(rs::WINDOWS_1250, text)),
    ("CP1254", TURKISH, |text| legacy(rs::WINDOWS_1254, text)),
    ("GBK", CHINESE, |text| legacy(rs::GBK, text)),
    ("Mac OS Roman", EUROPEAN, |text| legacy(rs::MACINTOSH, text)),
];

#[derive(Debug, Default, PartialEq)]
struct Count {
    right: usize,
    refused: usize,
    wrong: Vec<String>,
}

/// Reads `rosters` made rosters in an encoding, of one row to forty.
fn count(folder: &Path, (name, people, encode): &Encoded, rosters: usize, runner: &mut TestRunner) -> Count {
    let people: Vec<&str> = people.split(' ').filter(|person| !person.is_empty()).collect();
    let teams = prop::sample::select(vec!["A", "racing", "B2"]);
    let row = (prop::sample::select(people), teams);
    let rows = prop_oneof![prop::collection::vec(row.clone(), 1..4), prop::collection::vec(row, 1..40)];
    let mut count = Count::default();
    let account = folder.join("accounts/tokyo");
    while count.right + count.refused + count.wrong.len() < rosters {
        let rows = rows.new_tree(runner).unwrap().current();
        let lines: Vec<String> =
            rows.iter().enumerate().map(|(at, (person, team))| format!("user{at},{person},{team}\r\n")).collect();
        let Some(bytes) = encode(&format!("name,display_name,team\r\n{}", lines.concat())) else { continue };
        std::fs::write(account.join("roster.csv"), bytes).unwrap();
        let mut findings = Vec::new();
        let config = config::read(folder, &[], &mut findings).unwrap();
        let people = config::people(folder, &config.accounts[0], &mut findings).unwrap();
        let Some(roster) = people.roster else {
            count.refused += 1;
            continue;
        };
        let read: Vec<&str> = roster.rows.iter().filter_map(|(_, row)| row.display_name.as_deref()).collect();
        let expected: Vec<&str> = rows.iter().map(|(person, _)| *person).collect();
        if read == expected {
            count.right += 1;
        } else {
            count.wrong.push(format!("{name}: {expected:?} was read as {read:?}"));
        }
    }
    count
}

#[test]
fn no_roster_is_garbled_in_silence() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::create_dir_all(folder.path().join("accounts/tokyo")).unwrap();
    std::fs::write(folder.path().join("settings.yaml"), "company: acme\n").unwrap();
    std::fs::write(folder.path().join("accounts/tokyo/settings.yaml"), "region: eu-west-1\n").unwrap();
    let rosters = if is_slow() { 1_000 } else { 40 };
    let mut runner = TestRunner::new_with_rng(Config::default(), TestRng::from_seed(RngAlgorithm::ChaCha, &[7; 32]));
    for encoded in ENCODINGS.iter().chain(&OTHERS) {
        let count = count(folder.path(), encoded, rosters, &mut runner);
        println!("{}: {} read rightly, {} refused, {} wrong", encoded.0, count.right, count.refused, count.wrong.len());
        assert_eq!(count.wrong, Vec::<String>::new());
        let is_unicode = encoded.0.starts_with("UTF");
        assert!(!is_unicode || count.refused == 0, "{}: {} were refused", encoded.0, count.refused);
        let is_told = ["CP932", "EUC-JP", "CP949"].contains(&encoded.0);
        assert!(!is_told || count.right * 4 > rosters, "{}: of {rosters}, {} were read", encoded.0, count.right);
    }
}

#[test]
fn a_roster_that_was_saved_as_utf8_is_read_so_whatever_encoding_is_given() {
    let folder = tempfile::tempdir().unwrap();
    let account = folder.path().join("accounts/tokyo");
    std::fs::create_dir_all(&account).unwrap();
    std::fs::write(folder.path().join("settings.yaml"), "company: acme\nroster_encoding: cp932\n").unwrap();
    std::fs::write(account.join("settings.yaml"), "region: eu-west-1\n").unwrap();
    for name in ["Jürgen Müller", "佐藤 花子", "김민수"] {
        std::fs::write(account.join("roster.csv"), format!("name,display_name\nuser,{name}\n")).unwrap();
        let mut findings = Vec::new();
        let config = config::read(folder.path(), &[], &mut findings).unwrap();
        let people = config::people(folder.path(), &config.accounts[0], &mut findings).unwrap();
        let roster = people.roster.unwrap();
        assert_eq!(roster.rows[0].1.display_name.as_deref(), Some(name), "{findings:?}");
    }
}
