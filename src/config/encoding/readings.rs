//! Which texts the bytes of a roster may be: each encoding that people save rosters in gives a reading, or none.
//!
//! A statistical guess alone is wrong for short rosters, and a wrong guess garbles names without an error. So a reading
//! counts only where it is the one that names can be made of, or where there are characters enough to guess by.

use std::collections::BTreeSet;

use chardetng::{EncodingDetector, Iso2022JpDetection, Utf8Detection};
use encoding_rs as rs;

/// A way to read the bytes.
pub(super) struct Reading {
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
pub(super) fn readings(bytes: &[u8]) -> Vec<Reading> {
    let mut readings: Vec<Reading> = Vec::new();
    if let Ok(text) = std::str::from_utf8(bytes) {
        let mail = rs::ISO_2022_JP.decode_without_bom_handling_and_without_replacement(bytes);
        if let Some(text) = mail.filter(|_| bytes.contains(&ESCAPE)) {
            return vec![Reading { encoding: rs::ISO_2022_JP, text: text.into_owned() }];
        }
        readings.push(Reading { encoding: rs::UTF_8, text: text.to_owned() });
        if !is_unlikely_utf8(text) {
            return readings;
        }
    }
    for (encoding, script) in CANDIDATES {
        let Some(text) = encoding.decode_without_bom_handling_and_without_replacement(bytes) else { continue };
        if can_be(&text, script) && readings.iter().all(|other| other.text != text) {
            readings.push(Reading { encoding, text: text.into_owned() });
        }
    }
    readings
}

/// How many different characters a guess needs to go by.
const ENOUGH: usize = 40;
/// How many it needs where most words begin with a Korean surname.
const ENOUGH_OF_NAMES: usize = 6;

/// The surnames of some 95 of 100 Koreans. Source: Statistics Korea, census of 2015
/// <https://kosis.kr/statHtml/statHtml.do?orgId=101&tblId=DT_1IN15SD>
const SURNAMES: &str = "김이박최정강조윤장임한오서신권황안송류전홍고문양손배백허유남심노하곽성차주우구나민진지엄";

/// The one of several readings that is certain all the same. Between the encodings of East Asia, which share their bytes, the
/// frequency of characters tells, if there are enough of them. Between those of Europe, which share their letters, it is wrong
/// too often: in tests, one Turkish roster in ten was taken for a French one.
pub(super) fn certain(bytes: &[u8], readings: Vec<Reading>) -> Result<Reading, Vec<Reading>> {
    let is_of_east_asia = |reading: &Reading| !reading.encoding.is_single_byte() && reading.encoding != rs::UTF_8;
    let of_east_asia = readings.len() > 1 && readings.iter().all(is_of_east_asia);
    let guess = of_east_asia.then(|| {
        let mut detector = EncodingDetector::new(Iso2022JpDetection::Deny);
        detector.feed(bytes, true);
        detector.guess(None, Utf8Detection::Deny)
    });
    let position = match readings.len() {
        1 => Some(0),
        _ => readings.iter().position(|reading| {
            let different: BTreeSet<char> = reading.text.chars().filter(|c| !c.is_ascii()).collect();
            let enough = if is_of_koreans(reading) { ENOUGH_OF_NAMES } else { ENOUGH };
            guess == Some(reading.encoding) && different.len() >= enough
        }),
    };
    match position {
        Some(position) => readings.into_iter().nth(position).ok_or_else(Vec::new),
        None => Err(readings),
    }
}

/// Whether most words in Hangul, below the header, begin with a surname.
fn is_of_koreans(reading: &Reading) -> bool {
    let rows = reading.text.split_once('\n').map_or("", |(_, rows)| rows);
    let words = rows.split(|c: char| c.is_ascii()).filter(|word| !word.is_empty());
    let (mut all, mut surnames) = (0, 0);
    for word in words {
        all += 1;
        surnames += usize::from(word.starts_with(|first| SURNAMES.contains(first)));
    }
    reading.encoding == rs::EUC_KR && surnames * 3 > all * 2
}

/// Whether a text in UTF-8 holds characters that no name has: two bytes of another encoding can be UTF-8 by chance.
pub(super) fn is_unlikely_utf8(text: &str) -> bool {
    let combining = |c: char| ('\u{300}'..='\u{36f}').contains(&c);
    let known = |c: char| c < '\u{180}' || is_letter(c) || combining(c) || (c >= '\u{370}' && c.is_alphabetic());
    text.chars().all(|c| c < '\u{800}') && !text.chars().all(known)
}

/// Whether the non-ASCII part of a text can be people's names, teams and headers.
fn can_be(text: &str, script: Script) -> bool {
    if text.chars().any(|c| c.is_control() && !matches!(c, '\t' | '\r' | '\n')) {
        return false;
    }
    text.split(|c: char| c.is_ascii() && !c.is_ascii_alphanumeric()).filter(|word| !word.is_ascii()).all(|word| {
        let foreign = word.chars().filter(|c| !c.is_ascii());
        match script {
            Script::Japanese => foreign.clone().all(is_japanese) && is_regular(word) && is_kana_word(word),
            Script::Korean => foreign.clone().all(is_korean) && is_regular(word),
            Script::Chinese => foreign.clone().all(is_chinese) && is_regular(word),
            Script::Latin => is_latin_word(word),
            Script::Other => {
                let same = |c: char| c.is_alphabetic() && ('\u{370}'..'\u{1e00}').contains(&c);
                let mixed = word.chars().any(|c| c.is_ascii_alphabetic());
                foreign.clone().all(same) && !mixed && has_regular_case(word)
            }
        }
    })
}

/// No capital stands behind a small letter.
fn has_regular_case(word: &str) -> bool {
    word.chars().zip(word.chars().skip(1)).all(|(a, b)| !(a.is_lowercase() && b.is_uppercase()))
}

/// Letters of European languages and of Vietnamese and Pinyin.
fn is_letter(c: char) -> bool {
    matches!(c,
        '\u{c0}'..='\u{17f}' | '\u{192}' | '\u{1a0}' | '\u{1a1}' | '\u{1af}' | '\u{1b0}' | '\u{1cd}'..='\u{1dc}'
        | '\u{218}'..='\u{21b}')
        && !matches!(c, '×' | '÷')
}

/// A word in Latin script, such as `Jäger` or `O’Neil`; three such letters in a row are another alphabet's.
fn is_latin_word(word: &str) -> bool {
    let mut row = 0;
    word.chars().all(|c| {
        row = if c.is_ascii() { 0 } else { row + 1 };
        row < 3 && (c.is_ascii() || is_letter(c) || (c == '’' && !word.starts_with(c)))
    })
}

/// Unlike in `A組`, `チームB`, a lone character between small letters is the byte of a European letter, and the next one.
fn is_regular(word: &str) -> bool {
    let foreign = word.chars().filter(|c| !c.is_ascii()).count();
    foreign > 1 || !word.chars().any(|c| c.is_ascii_lowercase())
}

fn is_ideograph(c: char) -> bool {
    matches!(c, '々' | '〆' | '\u{4e00}'..='\u{9fff}' | '\u{f900}'..='\u{faff}')
}

fn is_wide_mark(c: char) -> bool {
    matches!(c, '\u{3000}'..='\u{3004}' | '\u{3007}'..='\u{301f}' | '\u{ff01}'..='\u{ff5e}')
}

fn is_japanese(c: char) -> bool {
    is_ideograph(c) || is_wide_mark(c) || matches!(c, '\u{3041}'..='\u{309e}' | '\u{30a1}'..='\u{30fe}' | '\u{ff66}'..='\u{ff9f}')
        // CP932's own kanji beyond JIS X 0208, `髙` among them, are ideographs; these are its circled and Roman numbers.
        || matches!(c, '\u{2460}'..='\u{2473}' | '\u{2160}'..='\u{2169}')
}

/// Half-width kana do not stand among other Japanese characters of a word, and its marks not behind just any of them.
fn is_kana_word(word: &str) -> bool {
    let half = |c: char| matches!(c, '\u{ff66}'..='\u{ff9f}');
    let voiced = |c: char| matches!(c, 'ｳ' | 'ｶ'..='ﾄ' | 'ﾊ'..='ﾎ');
    let count = word.chars().filter(|c| half(*c)).count();
    let (mut before, mut fits) = (' ', true);
    for c in word.chars() {
        fits &= match c {
            'ﾞ' | 'ﾟ' => voiced(before),
            'ｧ'..='ｰ' => half(before),
            _ => true,
        };
        before = c;
    }
    count == 0 || (fits && count == word.chars().filter(|c| !c.is_ascii()).count())
}

/// Hangul of KS X 1001, which names are written with: CP949's further syllables are found where bytes are another encoding's.
fn is_korean(c: char) -> bool {
    let mut buffer = [0; 4];
    let (bytes, ..) = rs::EUC_KR.encode(c.encode_utf8(&mut buffer));
    matches!(c, '\u{ac00}'..='\u{d7a3}') && bytes.iter().all(|byte| *byte >= 0xa1)
}

/// The characters of GB 2312, or the frequent ones of Big5.
fn is_chinese(c: char) -> bool {
    let mut buffer = [0; 4];
    let c = &*c.encode_utf8(&mut buffer);
    let (simplified, _, lacks) = rs::GBK.encode(c);
    let (traditional, _, also) = rs::BIG5.encode(c);
    let within =
        |bytes: &[u8], leads: std::ops::RangeInclusive<u8>| bytes.first().is_some_and(|lead| leads.contains(lead));
    (!lacks && within(&simplified, 0xb0..=0xf7) && simplified.iter().all(|byte| *byte >= 0xa1))
        || (!also && within(&traditional, 0xa4..=0xc6))
        || c.chars().all(is_wide_mark)
}
