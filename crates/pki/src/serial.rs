//! Serial numbers: with 128 random bits, positive, never zero (spec 04.4; RFC 5280, 4.1.2.2).

use std::fmt;

use domain::clock::{Randomness, Timestamp};
use x509_cert::certificate::Profile;
use x509_cert::serial_number::SerialNumber;

use crate::error::Error;

/// Octets of a fresh serial.
const FRESH: usize = 16;
/// Milliseconds of a step of the clock in a serial.
const STEP: i64 = 64;
/// Bits for the steps.
const STEPS: u32 = 0x3fff_ffff;
/// The bits before them: positive, and always four octets.
const FIRST: u32 = 0x4000_0000;
/// The most octets a serial may take in DER.
const LONGEST: usize = 20;

/// A certificate's serial number: big-endian, positive, without leading zero octets.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Serial(Vec<u8>);

impl Serial {
    /// A fresh serial of 128 random bits.
    pub fn generate(randomness: &dyn Randomness) -> Self {
        loop {
            let bytes: [u8; FRESH] = randomness.bytes();
            if let Ok(serial) = Self::from_bytes(&bytes) {
                return serial;
            }
        }
    }

    /// A fresh serial of 128 random bits behind four octets of the clock: 20 octets, as many as RFC 5280 allows. Certificates of
    /// one time are then neighbours in every index by serial, so that a register of millions is not written at two places
    /// anywhere for each new one. It tells nothing that the begin of validity does not; the clock's part comes again after two
    /// years, and no certificate depends on it.
    pub fn of_moment(now: Timestamp, randomness: &dyn Randomness) -> Self {
        let random: [u8; FRESH] = randomness.bytes();
        let step = now.as_millis().div_euclid(STEP) as u32;
        Self([&(FIRST | (step & STEPS)).to_be_bytes()[..], &random].concat())
    }

    /// From big-endian octets; leading zeros do not count.
    ///
    /// # Errors
    /// [`Error::Serial`] for zero and for numbers that take more than 20 octets in DER.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, Error> {
        let start = bytes.iter().position(|byte| *byte != 0).ok_or(Error::Serial)?;
        let digits = bytes.get(start..).unwrap_or_default();
        let sign_octet = usize::from(digits.first().is_some_and(|first| first & 0x80 != 0));
        if digits.len() + sign_octet > LONGEST {
            return Err(Error::Serial);
        }
        Ok(Self(digits.to_vec()))
    }

    /// From hexadecimal digits of either case, as [`Serial::to_hex`] writes them.
    ///
    /// # Errors
    /// [`Error::Serial`] for anything else than a positive number of at most 20 octets.
    pub fn from_hex(text: &str) -> Result<Self, Error> {
        Self::from_bytes(&hex::decode(text).map_err(|_| Error::Serial)?)
    }

    /// Lower-case hexadecimal, two digits an octet, no leading zero octets: the form to store and to compare.
    pub fn to_hex(&self) -> String {
        hex::encode(&self.0)
    }

    /// Big-endian octets without leading zeros.
    pub fn as_bytes(&self) -> &[u8] {
        &self.0
    }

    pub(crate) fn from_x509<P: Profile>(serial: &SerialNumber<P>) -> Result<Self, Error> {
        let bytes = serial.as_bytes();
        match bytes.first() {
            Some(first) if first & 0x80 == 0 => Self::from_bytes(bytes),
            _ => Err(Error::Serial),
        }
    }

    pub(crate) fn to_x509(&self) -> Result<SerialNumber, Error> {
        Ok(SerialNumber::new(&self.0)?)
    }
}

impl fmt::Display for Serial {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.to_hex())
    }
}

impl fmt::Debug for Serial {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Serial({self})")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    struct Fixed(std::sync::Mutex<Vec<[u8; 16]>>);

    impl Randomness for Fixed {
        fn fill(&self, buffer: &mut [u8]) {
            buffer.copy_from_slice(&self.0.lock().unwrap().remove(0));
        }
    }

    #[test]
    fn a_zero_draw_is_thrown_away() {
        let mut one = [0; 16];
        one[15] = 1;
        let draws = Fixed(std::sync::Mutex::new(vec![[0; 16], one]));
        assert_eq!(Serial::generate(&draws).to_hex(), "01");
    }

    #[test]
    fn a_high_first_bit_stays_positive_in_der() {
        let serial = Serial::generate(&Fixed(std::sync::Mutex::new(vec![[0xff; 16]])));
        let x509 = serial.to_x509().unwrap();
        assert_eq!(x509.as_bytes().first(), Some(&0));
        assert_eq!(Serial::from_x509(&x509).unwrap(), serial);
        assert_eq!(Serial::from_hex(&serial.to_hex().to_uppercase()).unwrap(), serial);
    }

    #[test]
    fn serials_of_one_time_are_neighbours_and_differ_in_128_random_bits() {
        let at = |millis, random| {
            Serial::of_moment(Timestamp::from_millis(millis), &Fixed(std::sync::Mutex::new(vec![[random; 16]])))
        };
        let (one, same, next) = (at(1_790_000_000_000, 0xff), at(1_790_000_000_000, 0), at(1_790_000_000_064, 0));
        assert!(same < one && one < next, "{same} {one} {next}");
        assert_eq!(one.to_hex()[8..], "f".repeat(32));
        for millis in [i64::MIN, -1, 0, 1_790_000_000_000, i64::MAX] {
            let serial = at(millis, 0xff);
            assert_eq!(serial.as_bytes().len(), LONGEST);
            assert_eq!(Serial::from_x509(&serial.to_x509().unwrap()).unwrap(), serial);
        }
    }

    #[test]
    fn twenty_octets_are_the_limit() {
        assert!(Serial::from_bytes(&[0x7f; 20]).is_ok());
        assert_eq!(Serial::from_bytes(&[0x80; 20]), Err(Error::Serial));
        assert_eq!(Serial::from_bytes(&[0x01; 21]), Err(Error::Serial));
        assert_eq!(Serial::from_bytes(&[0; 4]), Err(Error::Serial));
        assert_eq!(Serial::from_hex("0g"), Err(Error::Serial));
    }
}
