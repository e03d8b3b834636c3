//! Which texts the bytes of a roster may be: each encoding that people save rosters in gives a decoding, or none.
//!
//! A statistical guess alone is wrong for short rosters, and a wrong guess garbles names without an error. So a decoding
//! counts only where it is the one that names can be made of, or where there are characters enough to guess by.

use std::collections::BTreeSet;
use std::ops::RangeInclusive;
use std::sync::LazyLock;

use chardetng::{EncodingDetector, Iso2022JpDetection, Utf8Detection};
use encoding_rs as rs;
use regex::Regex;

/// A way to read the bytes.
pub(super) struct Decoding {
    pub(super) encoding: &'static rs::Encoding,
    pub(super) text: String,
}

/// What an encoding is used to write.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Script {
    Japanese,
    Korean,
    Chinese,
    Latin,
    /// Letters of another alphabet: Cyrillic, Greek, Hebrew, Arabic, Thai.
    Other,
}

/// The encodings of spreadsheets and old Unix systems. Those in front name a text that several read alike.
static CANDIDATES: [(&rs::Encoding, Script); 22] = [
    (rs::SHIFT_JIS, Script::Japanese),
    (rs::EUC_JP, Script::Japanese),
    (rs::EUC_KR, Script::Korean),
    (rs::GBK, Script::Chinese),
    (rs::BIG5, Script::Chinese),
    (rs::WINDOWS_1252, Script::Latin),
    (rs::WINDOWS_1250, Script::Latin),
    (rs::WINDOWS_1254, Script::Latin),
    (rs::WINDOWS_1257, Script::Latin),
    (rs::WINDOWS_1258, Script::Latin),
    (rs::ISO_8859_2, Script::Latin),
    (rs::ISO_8859_15, Script::Latin),
    (rs::MACINTOSH, Script::Latin),
    (rs::WINDOWS_1251, Script::Other),
    (rs::KOI8_U, Script::Other),
    (rs::IBM866, Script::Other),
    (rs::ISO_8859_5, Script::Other),
    (rs::X_MAC_CYRILLIC, Script::Other),
    (rs::WINDOWS_1253, Script::Other),
    (rs::WINDOWS_1255, Script::Other),
    (rs::WINDOWS_1256, Script::Other),
    (rs::WINDOWS_874, Script::Other),
];

/// Begins a change of alphabets in ISO-2022-JP.
const ESCAPE: u8 = 0x1B;

/// The texts that names can be made of, each once; what is UTF-8 or ISO-2022-JP without much doubt, is that alone.
pub(super) fn decodings(bytes: &[u8]) -> Vec<Decoding> {
    let mut decodings: Vec<Decoding> = Vec::new();
    if let Ok(text) = std::str::from_utf8(bytes) {
        let mail = rs::ISO_2022_JP.decode_without_bom_handling_and_without_replacement(bytes);
        if let Some(text) = mail.filter(|_| bytes.contains(&ESCAPE)) {
            return vec![Decoding { encoding: rs::ISO_2022_JP, text: text.into_owned() }];
        }
        decodings.push(Decoding { encoding: rs::UTF_8, text: text.to_owned() });
        if !is_unlikely_utf8(text) {
            return decodings;
        }
    }
    for (encoding, script) in CANDIDATES {
        let Some(text) = encoding.decode_without_bom_handling_and_without_replacement(bytes) else { continue };
        if can_be(&text, script) && decodings.iter().all(|other| other.text != text) {
            decodings.push(Decoding { encoding, text: text.into_owned() });
        }
    }
    decodings
}

/// How many different characters a guess needs to go by.
const ENOUGH: usize = 40;
/// How many it needs where most words begin with a Korean surname.
const ENOUGH_OF_NAMES: usize = 6;

/// The surnames of some 95 of 100 Koreans. Source: Statistics Korea, census of 2015
/// <https://kosis.kr/statHtml/statHtml.do?orgId=101&tblId=DT_1IN15SD>
const SURNAMES: &str = "김이박최정강조윤장임한오서신권황안송류전홍고문양손배백허유남심노하곽성차주우구나민진지엄";

/// The one of several decodings that is certain all the same. Between the encodings of East Asia, which share their bytes, the
/// frequency of characters tells, if there are enough of them. Between those of Europe, which share their letters, it is wrong
/// too often: in tests, one Turkish roster in ten was taken for a French one.
pub(super) fn certain(bytes: &[u8], decodings: Vec<Decoding>) -> Result<Decoding, Vec<Decoding>> {
    let is_of_east_asia = |decoding: &Decoding| !decoding.encoding.is_single_byte() && decoding.encoding != rs::UTF_8;
    let of_east_asia = decodings.len() > 1 && decodings.iter().all(is_of_east_asia);
    let guess = of_east_asia.then(|| {
        let mut detector = EncodingDetector::new(Iso2022JpDetection::Deny);
        detector.feed(bytes, true);
        detector.guess(None, Utf8Detection::Deny)
    });
    let position = match decodings.len() {
        1 => Some(0),
        _ => decodings.iter().position(|decoding| {
            let different: BTreeSet<char> = decoding.text.chars().filter(|c| !c.is_ascii()).collect();
            let enough = if is_of_koreans(decoding) { ENOUGH_OF_NAMES } else { ENOUGH };
            guess == Some(decoding.encoding) && different.len() >= enough
        }),
    };
    match position {
        Some(position) => decodings.into_iter().nth(position).ok_or_else(Vec::new),
        None => Err(decodings),
    }
}

/// Whether most words in Hangul, below the header, begin with a surname.
fn is_of_koreans(decoding: &Decoding) -> bool {
    let rows = decoding.text.split_once('\n').map_or("", |(_, rows)| rows);
    let words = rows.split(|c: char| c.is_ascii()).filter(|word| !word.is_empty());
    let (mut all, mut surnames) = (0, 0);
    for word in words {
        all += 1;
        surnames += usize::from(word.starts_with(|first| SURNAMES.contains(first)));
    }
    decoding.encoding == rs::EUC_KR && surnames * 3 > all * 2
}

/// Whether a text in UTF-8 holds characters that no name has: two bytes of another encoding can be UTF-8 by chance.
pub(super) fn is_unlikely_utf8(text: &str) -> bool {
    text.chars().all(|c| c < '\u{800}') && !LIKELY_UTF8.is_match(text)
}

/// Whether the non-ASCII part of a text can be people's names, teams and headers.
fn can_be(text: &str, script: Script) -> bool {
    let is_garbled = text.chars().any(|c| c.is_control() && !matches!(c, '\t' | '\r' | '\n'));
    let words = text.split(|c: char| c.is_ascii() && !c.is_ascii_alphanumeric());
    !is_garbled && words.filter(|word| !word.is_ascii()).all(|word| is_word(word, script))
}

fn is_word(word: &str, script: Script) -> bool {
    let mut foreign = word.chars().filter(|c| !c.is_ascii());
    // Unlike in `A組`, `チームB`, a lone character between small letters is the byte of a European letter, and the next one.
    let is_regular = foreign.clone().nth(1).is_some() || !word.chars().any(|c| c.is_ascii_lowercase());
    match script {
        Script::Japanese => is_regular && JAPANESE.is_match(word),
        // Hangul of KS X 1001, which names are written with: CP949's further syllables are found where bytes are another
        // encoding's.
        Script::Korean => is_regular && foreign.all(|c| is_within(c, rs::EUC_KR, 0xb0..=0xc8, 0xa1)),
        // The characters of GB 2312, or the frequent ones of Big5.
        Script::Chinese => {
            let is_frequent = |c| is_within(c, rs::GBK, 0xb0..=0xf7, 0xa1) || is_within(c, rs::BIG5, 0xa4..=0xc6, 0x40);
            is_regular && foreign.all(|c| is_frequent(c) || is_wide_mark(c))
        }
        Script::Latin => LATIN.is_match(word),
        Script::Other => OTHER.is_match(word),
    }
}

/// Whether an encoding has a character in two bytes: one of `first`, and one that is not below `second`.
fn is_within(c: char, encoding: &'static rs::Encoding, first: RangeInclusive<u8>, second: u8) -> bool {
    let mut buffer = [0; 4];
    let (bytes, _, lacks) = encoding.encode(c.encode_utf8(&mut buffer));
    !lacks && matches!(*bytes, [one, two] if first.contains(&one) && two >= second)
}

fn is_wide_mark(c: char) -> bool {
    matches!(c, '\u{3000}'..='\u{3004}' | '\u{3007}'..='\u{301f}' | '\u{ff01}'..='\u{ff5e}')
}

/// A Japanese word, of one of two kinds:
///
/// - ideographs, full-width kana, marks and signs, such as `田中`, `テニス部` and `第①班`. CP932's own kanji beyond JIS X 0208, such as
///   `髙`, are ideographs; besides, it has circled and Roman numbers;
/// - half-width kana, such as `ﾃﾆｽ` and `Aﾁｰﾑ2`. The first of them is not small, and a voice mark stands behind a kana that takes one
///   (`ｶﾞ`).
static JAPANESE: LazyLock<Regex> = LazyLock::new(|| {
    whole(
        r"[A-Za-z0-9々〆\x{4e00}-\x{9fff}\x{f900}-\x{faff}\x{3000}-\x{3004}\x{3007}-\x{301f}\x{ff01}-\x{ff5e}ぁ-ゞァ-ヾ①-⑳Ⅰ-Ⅹ]+
        | ([A-Za-z0-9]* ([ｦｱ-ﾝ] | [ｳｶ-ﾄﾊ-ﾎ][ﾞﾟ]) ([ｦ-ﾝ] | [ｳｶ-ﾄﾊ-ﾎ][ﾞﾟ])*)+ [A-Za-z0-9]*",
    )
});

/// A word in Latin script, such as `Jäger`, `Élodie` and `O’Neil`, with letters of European languages, of Vietnamese and Pinyin. At
/// most two letters beyond ASCII stand in a row: three are another alphabet's.
static LATIN: LazyLock<Regex> = LazyLock::new(|| {
    let letter = "À-ÖØ-öø-ſƒƠơƯưǍ-ǜȘ-ț";
    whole(&format!("([{letter}][{letter}’]?)? ([A-Za-z0-9]+[{letter}’]{{1,2}})* [A-Za-z0-9]*"))
});

/// A word in another alphabet, such as `Иван`, `ГРУППА2` and `สมชาย`. Behind a small letter stands another, a digit or nothing: a
/// capital there, as in `иВАН`, is a letter of another encoding. No encoding here has an alphabet with capitals beside one without.
static OTHER: LazyLock<Regex> = LazyLock::new(|| {
    let letter = r"[\x{370}-\x{1dff}&&\p{Alphabetic}]";
    whole(&format!(r"([0-9] | [{letter}&&\P{{Lowercase}}] | [{letter}&&\p{{Lowercase}}]+ ([0-9] | $))*"))
});

/// A text in which each character may be in a name: an ASCII one, a Latin letter, a combining mark, a letter of another alphabet.
static LIKELY_UTF8: LazyLock<Regex> =
    LazyLock::new(|| whole(r"[\x00-\x{17f}ƒƠơƯưǍ-ǜȘ-ț\x{300}-\x{36f}[\x{370}-\x{7ff}&&\p{Alphabetic}]]*"));

#[expect(clippy::expect_used, reason = "the expressions are constants that the tests run")]
fn whole(pattern: &str) -> Regex {
    Regex::new(&format!("^(?x:{pattern})$")).expect("a valid expression")
}
