//! RSA keys whose two primes lie so close together that their product is factored at once (Fermat's method, CVE-2022-26320).

use num_bigint::BigUint;

/// Rounds of the method; public authorities must make a hundred (CA/Browser Forum, Baseline Requirements, 6.1.1.3).
const ROUNDS: usize = 1_000;

/// Whether a modulus is the product of two numbers that lie close together.
pub(super) fn factors(modulus: &[u8]) -> bool {
    let modulus = BigUint::from_bytes_be(modulus);
    let mut mean = modulus.sqrt();
    if &mean * &mean < modulus {
        mean += 1_u32;
    }
    // A product is the difference of two squares: that of the mean of its factors, and that of half their distance.
    let mut rest = &mean * &mean - modulus;
    for _ in 0..ROUNDS {
        if is_square(&rest) {
            return true;
        }
        rest += &mean * 2_u32 + 1_u32;
        mean += 1_u32;
    }
    false
}

/// Most numbers are known for none by what they leave when divided by small numbers.
fn is_square(number: &BigUint) -> bool {
    let leaves_a_square = |divisor: u32| {
        let rest = (number % divisor).iter_u32_digits().next().unwrap_or_default();
        (0..divisor).any(|root| root * root % divisor == rest)
    };
    [64, 63, 65, 11].into_iter().all(leaves_a_square) && {
        let root = number.sqrt();
        &root * &root == *number
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::keys::{KeyFault, PublicKey};

    /// The product of two primes of 1024 bits that follow each other.
    const CLOSE: &str = "bf42143e3676ba20ead1181a6ad12d66f0f341565d78efc8b9f1fcc55d181eea496349b3134d95920d9b217f6720ce48123d\
        d90d8a6a998e809b0075be14c7c222fdf63f9d9c4f5c7e508d4891ead98f00c4b891bb0363395d61e1fab4b8dbbcac2c0aa0\
        8cbe95df9e13dee2c64d477567b8514a6dc10c318413a40e04b8282f3d3fbb086212b8e7e5d73c46aee50f802419e6d4a75f\
        df4fe8b0510e846e5536c2c05d2c50a93f10fe7d534accce015aab33f79eb0d12210891bbd92fd664a107404daf762272340\
        acd2b1a0dbb266631f214d34aab10d26cf78cdfbc9a8067cc44ea01e95d1932c3bfe759b29eb64c0fdeec134f591f963e932\
        22b3f72484fd";

    #[test]
    fn a_key_with_close_primes_is_refused() {
        let modulus = hex::decode(CLOSE).unwrap();
        assert!(modulus.len() == 256 && factors(&modulus));
        let head = hex::decode("30820122300d06092a864886f70d01010105000382010f003082010a0282010100").unwrap();
        let spki = [head.as_slice(), &modulus, &[2, 3, 1, 0, 1]].concat();
        assert_eq!(PublicKey::from_spki_der(&spki), Err(KeyFault::ClosePrimes));
    }

    #[test]
    fn numbers_whose_factors_lie_apart_are_no_product_of_close_ones() {
        let product = |one: u64, other: u64| (u128::from(one) * u128::from(other)).to_be_bytes();
        let (one, near, far) = (0xffff_ffff_ffff_ffc5, 0xffff_ffff_ffff_ff43, 0xffff_0000_0000_0031);
        assert!(factors(&product(one, one)) && factors(&product(one, near)));
        assert!(!factors(&product(one, far)));
    }
}
