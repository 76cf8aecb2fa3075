//! RSA keys of a chip whose generator was flawed (CVE-2017-15361, "ROCA").

/// The primes up to 167 but 2: the flawed generator made primes that are powers of 65537 modulo each of them.
const PRIMES: [u32; 38] = [
    3, 5, 7, 11, 13, 17, 19, 23, 29, 31, 37, 41, 43, 47, 53, 59, 61, 67, 71, 73, 79, 83, 89, 97, 101, 103, 107, 109,
    113, 127, 131, 137, 139, 149, 151, 157, 163, 167,
];
const GENERATOR: u32 = 65_537;

/// Whether a modulus has the mark of the flaw: modulo each of the primes it is a power of 65537. Of sound keys less than one
/// in a hundred million has it by chance (Nemec et al., "The Return of Coppersmith's Attack", CCS 2017, section 3).
pub(super) fn marks(modulus: &[u8]) -> bool {
    PRIMES.iter().all(|prime| is_power_of_generator(remainder(modulus, *prime), *prime))
}

fn remainder(number: &[u8], prime: u32) -> u32 {
    number.iter().fold(0, |rest, octet| (rest * 256 + u32::from(*octet)) % prime)
}

fn is_power_of_generator(rest: u32, prime: u32) -> bool {
    let mut power = 1;
    loop {
        if power == rest {
            return true;
        }
        power = power * (GENERATOR % prime) % prime;
        if power == 1 {
            return false;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::keys::{KeyFault, PublicKey};

    /// A number of 2048 bits that is a power of 65537 modulo the product of the primes, as moduli of the flawed chip are.
    const MARKED: &str = "8000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000\
        0000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000\
        0000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000\
        0000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000\
        000000000000000000000000000000000000000000000000000000dc768fda774d06154b9d77aec4d3892cc480933aa013bb\
        9bece0614e09";

    fn octets(text: &str) -> Vec<u8> {
        (0..text.len()).step_by(2).map(|at| u8::from_str_radix(&text[at..at + 2], 16).unwrap()).collect()
    }

    #[test]
    fn the_mark_is_found_and_one_bit_more_is_not() {
        let marked = octets(MARKED);
        assert_eq!(marked.len(), 256);
        assert!(marks(&marked));
        let mut other = marked;
        other[200] ^= 4;
        assert!(!marks(&other));
    }

    #[test]
    fn a_key_with_the_mark_is_refused() {
        let head = "30820122300d06092a864886f70d01010105000382010f003082010a0282010100";
        let spki = octets(&format!("{head}{MARKED}0203010001"));
        assert_eq!(PublicKey::from_spki_der(&spki), Err(KeyFault::Roca));
    }
}
