use alloc::borrow::ToOwned;
use alloc::string::String;
use alloc::vec::Vec;

use proptest::prelude::*;

use super::*;

const TIME: UnixMillis = UnixMillis(1_382_050_782_085);
const ADDR: &str = "192.168.1.7:55555";
const BODY: &str = "hello";
/// By an independent implementation (Python's `cryptography`): seed 32 times 7, the open network.
const ID: &str = "wn1:AQDqSmxj4pxSCr71UHsTLsX5lUd2rr6-e5JCHuppFEbSLAAAAUHIpVuFAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAACu\
    AdBKkBK69x1SKrU0xJJhS4VSUX_DyUQeRvSIxJtUvj1z-kqT1wrgOac613S5v5yC7XZShS2b9mLUw95EHVYD";
/// The same author and time, with an Ext and characters of two to four bytes.
const EXT: &str = r#"{"nick":"phil"}"#;
const EXT_ADDR: &str = "[2001:db8::1]:55555";
const EXT_BODY: &str = "Gr\u{fc}\u{df}e \u{1f600}\n";
const EXT_ID: &str = "wn1:AQDqSmxj4pxSCr71UHsTLsX5lUd2rr6-e5JCHuppFEbSLAAAAUHIpVuFUtK5pkjQSNfnbdxziSpM5X2qMi56RD_C3plYHS_DtQ-i\
    LG-QWI6NtnQqg7HCcihmelYdOlOD8CMjytnawgk19HnFK9F3KGyykdhc3-48mmBOG680FagLmtcRhpn3L9QO";

fn secret() -> SecretKey {
    SecretKey::from_seed(&[7; 32])
}

fn signed(id: &str) -> Token {
    let Ok(Form::Signed(token)) = classify(id.as_bytes()) else { panic!("{id} is no token") };
    token
}

/// The ID of these bytes, whatever they are.
fn id_of(bytes: &[u8]) -> String {
    PREFIX.to_owned() + &BASE64URL_NOPAD.encode(bytes)
}

fn bytes_of(id: &str) -> Vec<u8> {
    BASE64URL_NOPAD.decode(&id.as_bytes()[PREFIX.len()..]).unwrap()
}

/// Whether the ID is a token that verifies.
fn holds(id: &[u8], addr: &str, body: &str) -> bool {
    matches!(classify(id), Ok(Form::Signed(token)) if token.verifies(Network::OPEN, addr, body))
}

#[test]
fn the_open_network() {
    assert_eq!(Network::OPEN.0, <[u8; 32]>::from(Sha256::digest(b"whispernet open")));
}

#[test]
fn the_format_does_not_drift() {
    for (id, ext, addr, body) in [(ID, None, ADDR, BODY), (EXT_ID, Some(EXT), EXT_ADDR, EXT_BODY)] {
        assert_eq!(sign(&secret(), Network::OPEN, TIME, ext, addr, body), id);
        let token = signed(id);
        assert_eq!((token.key(), token.time()), (secret().public(), TIME));
        assert_eq!(token.ext().copied(), ext.map(|text| Sha256::digest(text.as_bytes()).into()));
        assert!(token.verifies(Network::OPEN, addr, body) && !token.verifies(Network([0; 32]), addr, body));
        assert_eq!((token.id().as_str(), id.len()), (id, SIGNED_ID_BYTES));
    }
}

#[test]
fn what_is_opaque() {
    for id in ["", "x", "wn1", "wn2:", "WN1:AQA", "hash:sha256:00", " wn1:", "wn1;AQA", &ID[1..]] {
        assert_eq!(classify(id.as_bytes()), Ok(Form::Opaque), "{id}");
    }
    for version in [0, 2, 3, 255] {
        for length in [1, 2, 3, TOKEN_BYTES - 1, TOKEN_BYTES, TOKEN_BYTES + 1, 2 * TOKEN_BYTES, 381] {
            let mut bytes = [0xff].repeat(length);
            bytes[0] = version;
            assert_eq!(classify(id_of(&bytes).as_bytes()), Ok(Form::Opaque), "version {version}, {length} bytes");
        }
    }
}

#[test]
fn faults_of_form() {
    let bytes = bytes_of(ID);
    let with = |at: usize, byte: u8| {
        let mut bytes = bytes.clone();
        bytes[at] = byte;
        id_of(&bytes)
    };
    let beyond = |more: &[u8]| id_of(&[&bytes, more].concat());
    for (id, fault) in [
        ("wn1:".to_owned(), TokenFault::Empty),
        ("wn1:=".to_owned(), TokenFault::Padded),
        ("wn1:AQ==".to_owned(), TokenFault::Padded),
        ("wn1:Ag==".to_owned(), TokenFault::Padded),
        (ID.to_owned() + "=", TokenFault::Padded),
        ("wn1:A".to_owned(), TokenFault::NotBase64),
        ("wn1:AgAAA".to_owned(), TokenFault::NotBase64),
        ("wn1:A=Ag".to_owned(), TokenFault::NotBase64),
        ("wn1:Ag A".to_owned(), TokenFault::NotBase64),
        ("wn1:Ag\n".to_owned(), TokenFault::NotBase64),
        ("wn1:Agé".to_owned(), TokenFault::NotBase64),
        (ID.replace('-', "+"), TokenFault::NotBase64),
        (ID.replace('_', "/"), TokenFault::NotBase64),
        (ID.to_owned() + "A", TokenFault::NotBase64),
        (ID.to_owned() + "AAA.", TokenFault::NotBase64),
        (id_of(&[2; 3 * TOKEN_BYTES]) + ".A", TokenFault::NotBase64),
        ("wn1:AR".to_owned(), TokenFault::TrailingBits),
        ("wn1:Ah".to_owned(), TokenFault::TrailingBits),
        ("wn1:AgB".to_owned(), TokenFault::TrailingBits),
        (ID.to_owned() + "AB", TokenFault::TrailingBits),
        (id_of(&[1]), TokenFault::Short),
        (id_of(&[1, 0]), TokenFault::Short),
        (id_of(&[1, 1]), TokenFault::Short),
        (id_of(&bytes[..TOKEN_BYTES - 1]), TokenFault::Short),
        (beyond(&[0]), TokenFault::Long),
        (beyond(&[0; 3]), TokenFault::Long),
        (beyond(&bytes), TokenFault::Long),
        (with(1, 1), TokenFault::Flags),
        (with(1, 128), TokenFault::Flags),
    ] {
        assert_eq!(classify(id.as_bytes()), Err(fault), "{id}");
        assert!(fault.name().starts_with("token_"));
    }
    assert_eq!(classify(&[PREFIX.as_bytes(), b"\xff\xff\xff\xff"].concat()), Err(TokenFault::NotBase64));
}

#[test]
fn any_time_is_lawful() {
    for time in [0, 1, -1, i64::MIN, i64::MAX] {
        let id = sign(&secret(), Network::OPEN, UnixMillis(time), None, ADDR, BODY);
        assert_eq!(signed(&id).time(), UnixMillis(time));
        assert!(holds(id.as_bytes(), ADDR, BODY));
    }
}

#[test]
fn each_bit_counts() {
    for (id, addr, body) in [(ID, ADDR, BODY), (EXT_ID, EXT_ADDR, EXT_BODY)] {
        let bytes = bytes_of(id);
        for bit in 0..TOKEN_BYTES * 8 {
            let mut bytes = bytes.clone();
            bytes[bit / 8] ^= 1 << (bit % 8);
            assert!(!holds(id_of(&bytes).as_bytes(), addr, body), "bit {bit} of the token");
        }
    }
    for bit in 0..SIGNED_ID_BYTES * 8 {
        let mut id = ID.as_bytes().to_vec();
        id[bit / 8] ^= 1 << (bit % 8);
        assert!(!holds(&id, ADDR, BODY), "bit {bit} of the ID");
    }
    assert!(holds(ID.as_bytes(), ADDR, BODY));
}

#[test]
fn fields_have_borders() {
    let id = sign(&secret(), Network::OPEN, TIME, None, "ab", "c");
    assert!(holds(id.as_bytes(), "ab", "c"));
    for (addr, body) in [("a", "bc"), ("abc", ""), ("", "abc"), ("ab", "c\0"), ("ab\0\0\0\u{1}c", ""), ("c", "ab")] {
        assert!(!holds(id.as_bytes(), addr, body), "{addr:?} and {body:?}");
    }
}

#[test]
fn keys_and_signatures_with_a_second_form() {
    // Keys of small order verify, under looser rules, a signature that is theirs plus zero: over any message.
    let identity = {
        let mut bytes = [0; 32];
        bytes[0] = 1;
        bytes
    };
    let mut minus_one = [0xff; 32];
    (minus_one[0], minus_one[31]) = (0xec, 0x7f);
    for key in [identity, [0; 32], minus_one, [0xff; 32]] {
        let mut token = signed(ID);
        token.key = PublicKey::new(key);
        token.signature = [0; 64];
        token.signature[..32].copy_from_slice(&identity);
        let token = signed(&token.id());
        for body in ["", "a", "b", "c", "d", "e", "f", "g", "h"] {
            assert!(!token.verifies(Network::OPEN, ADDR, body), "{key:?}");
        }
    }
    // The number in a signature, plus the order of the group: the same number.
    let order = BASE64URL_NOPAD.decode(b"7dP1XBpjEljWnPei3vneFAAAAAAAAAAAAAAAAAAAABA").unwrap();
    let mut bytes = bytes_of(ID);
    let mut carry = 0;
    for (byte, more) in bytes[TOKEN_BYTES - 32..].iter_mut().zip(order) {
        let sum = u16::from(*byte) + u16::from(more) + carry;
        (*byte, carry) = ((sum & 0xff) as u8, sum >> 8);
    }
    assert!(carry == 0 && !holds(id_of(&bytes).as_bytes(), ADDR, BODY));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(128))]

    #[test]
    fn what_is_signed_verifies(
        seed: [u8; 32],
        network: [u8; 32],
        time: i64,
        ext in proptest::option::of(".*"),
        addr in ".*",
        body in ".*",
    ) {
        let (secret, network) = (SecretKey::from_seed(&seed), Network(network));
        let id = sign(&secret, network, UnixMillis(time), ext.as_deref(), &addr, &body);
        let token = signed(&id);
        prop_assert_eq!((token.key(), token.time(), token.id()), (secret.public(), UnixMillis(time), id));
        prop_assert_eq!(token.ext().copied(), ext.as_deref().map(hash_of_ext));
        prop_assert!(token.verifies(network, &addr, &body));
        prop_assert!(!token.verifies(Network::OPEN, &addr, &body));
    }

    #[test]
    fn what_is_changed_does_not(addr in ".{1,20}", body in ".{1,20}", at: prop::sample::Index, other: char) {
        let token = signed(&sign(&secret(), Network::OPEN, TIME, None, &addr, &body));
        let mut changed: Vec<char> = addr.chars().chain(body.chars()).collect();
        let at = at.index(changed.len());
        prop_assume!(changed[at] != other);
        changed[at] = other;
        let (first, rest) = changed.split_at(addr.chars().count());
        prop_assert!(!token.verifies(Network::OPEN, &String::from_iter(first), &String::from_iter(rest)));
    }

    #[test]
    fn borders_do_not_move(text in ".{1,40}", from: prop::sample::Index, to: prop::sample::Index) {
        let cuts: Vec<usize> = text.char_indices().map(|(at, _)| at).chain([text.len()]).collect();
        let (from, to) = (cuts[from.index(cuts.len())], cuts[to.index(cuts.len())]);
        let token = signed(&sign(&secret(), Network::OPEN, TIME, None, &text[..from], &text[from..]));
        prop_assert_eq!(token.verifies(Network::OPEN, &text[..to], &text[to..]), from == to);
    }

    #[test]
    fn any_bytes_have_one_form(bytes: Vec<u8>, text in "(wn1:)?[A-Za-z0-9_=-]{0,300}") {
        for id in [id_of(&bytes), text] {
            if let Ok(Form::Signed(token)) = classify(id.as_bytes()) {
                prop_assert_eq!(token.id(), id);
            }
        }
    }
}
