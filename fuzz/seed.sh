#!/usr/bin/env bash
# Writes the first entries of the corpus anew (seed-*), with OpenSSL: what people and machines really send.
#
# Certificates are not among them: they were issued by the authority of fixtures/, whose keys nobody has any more.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")"
mkdir -p corpus/{csr,est,ocsp,typed,register,lists,bounce,reply,upload}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

key() { openssl genpkey -quiet -out "$work/$1.key" "${@:2}" 2>/dev/null; }
csr() { openssl req -new -utf8 -key "$work/$2.key" -out "corpus/csr/seed-$1" "${@:3}" 2>/dev/null; }

key p256 -algorithm EC -pkeyopt ec_paramgen_curve:P-256
key p384 -algorithm EC -pkeyopt ec_paramgen_curve:P-384
key k256 -algorithm EC -pkeyopt ec_paramgen_curve:secp256k1
key explicit -algorithm EC -pkeyopt ec_paramgen_curve:P-256 -pkeyopt ec_param_enc:explicit
key rsa2048 -algorithm RSA -pkeyopt rsa_keygen_bits:2048
key rsa1024 -algorithm RSA -pkeyopt rsa_keygen_bits:1024
key ed25519 -algorithm ED25519

csr p256.der p256 -subj /CN=PC-01 -outform DER
csr p256.pem p256 -subj /CN=PC-01 -newhdr
csr empty.der p256 -subj / -outform DER
csr japanese.der p256 -subj "/C=JP/O=医療法人社団 𠮷野歯科医院/CN=受付パソコン" -outform DER
csr p384.der p384 -subj /CN=x -sha384 -outform DER
csr k256.der k256 -subj /CN=x -outform DER
csr explicit.der explicit -subj /CN=x -outform DER
csr ed25519.der ed25519 -subj /CN=x -outform DER
csr rsa2048.der rsa2048 -subj /CN=x -sha512 -outform DER
csr rsa1024.der rsa1024 -subj /CN=x -outform DER
csr sha1.der rsa2048 -subj /CN=x -sha1 -outform DER
csr pss.der rsa2048 -subj /CN=x -sigopt rsa_padding_mode:pss -outform DER
csr extensions.der p256 -subj /CN=x -outform DER \
    -addext "subjectAltName=DNS:pc.example.jp,IP:192.0.2.1,email:a@example.jp" -addext "keyUsage=critical,digitalSignature"
cat > "$work/certreq.cnf" <<'END'
oid_section = oids
[req]
distinguished_name = dn
prompt = no
attributes = attributes
req_extensions = extensions
[oids]
osVersion = 1.3.6.1.4.1.311.13.2.3
clientInfo = 1.3.6.1.4.1.311.21.20
[dn]
CN = PC-01
[attributes]
osVersion = 10.0.22631.2
clientInfo = certreq.exe
challengePassword = Kx7-Secret
[extensions]
1.3.6.1.4.1.311.21.7 = ASN1:UTF8String:template
END
csr certreq.der p256 -config "$work/certreq.cnf" -outform DER
base64 --wrap=64 corpus/csr/seed-p256.der > corpus/csr/seed-est.b64
{ printf '\xef\xbb\xbf'; sed 's/$/\r/' corpus/csr/seed-p256.pem; } > corpus/csr/seed-windows.pem
printf -- '-----BEGIN PRIVATE KEY-----\nMIGHAgEAMBMGByqGSM49\n-----END PRIVATE KEY-----\n' > corpus/csr/seed-private-key.pem

openssl x509 -inform DER -in fixtures/issuing.der -out "$work/issuing.pem"
openssl x509 -inform DER -in fixtures/root.der -out "$work/root.pem"
base64 --wrap=0 corpus/csr/seed-p256.der > corpus/est/seed-one-line.b64
base64 --wrap=64 corpus/csr/seed-japanese.der | sed 's/$/\r/' > corpus/est/seed-lines.b64
cp corpus/csr/seed-p256.pem corpus/est/seed-one.pem
cat corpus/csr/seed-p256.pem corpus/csr/seed-p256.pem > corpus/est/seed-two.pem
cp corpus/csr/seed-extensions.der corpus/est/seed-names.der
printf ' \r\n' > corpus/est/seed-blank
cat "$work/issuing.pem" "$work/root.pem" > "$work/both.pem"
for bag in both issuing; do
    openssl crl2pkcs7 -nocrl -certfile "$work/$bag.pem" -outform DER -out "corpus/est/seed-$bag.p7b"
done
# RFC 7030, 4.5.2 with P-384; the same with P-256; an RSA key of 3072 bits (RFC 9908).
printf '301e301206072a8648ce3d0201310706052b8104002206082a8648ce3d040303' | xxd -r -p > corpus/est/seed-p384.attributes
printf '3021301506072a8648ce3d0201310a06082a8648ce3d03010706082a8648ce3d040302' | xxd -r -p > corpus/est/seed-p256.attributes
printf '301e301106092a864886f70d010101310402020c0006092a864886f70d01010b' | xxd -r -p > corpus/est/seed-rsa.attributes
openssl req -new -x509 -key "$work/p256.key" -subj /CN=asker -out "$work/asker.pem"
ask() { openssl ocsp -reqout "corpus/ocsp/seed-$1" "${@:2}" 2>/dev/null; }
about=(-issuer "$work/issuing.pem")
many() { for serial in $(seq "$1"); do printf -- '-serial %s ' "$serial"; done; }
ask sha1.der -sha1 "${about[@]}" -serial 0x1234567890abcdef
ask sha256.der -sha256 "${about[@]}" -serial 0x00ff00ff00ff00ff00ff00ff00ff00ff
ask sha512.der -sha512 "${about[@]}" -serial 1
ask no-nonce.der -no_nonce "${about[@]}" -serial 1
ask zero.der "${about[@]}" -serial 0
ask negative.der "${about[@]}" -serial -5
ask long.der "${about[@]}" -serial "0x$(printf '7f%.0s' $(seq 40))"
ask stranger.der -issuer "$work/asker.pem" -serial 1
ask signed.der "${about[@]}" -serial 1 -signer "$work/asker.pem" -signkey "$work/p256.key"
# shellcheck disable=SC2046
ask most.der -no_nonce "${about[@]}" $(many 32)
# shellcheck disable=SC2046
ask too-many.der -no_nonce "${about[@]}" $(many 33)

printf 'ACDE-FHJK-MNPR' > corpus/typed/seed-pickup-id
printf 'acde fhjk　ＭＮＰＲ－twxy 2346' > corpus/typed/seed-pickup-secret
printf 'ACD-EFH-JKM' > corpus/typed/seed-membership-code
printf 'ACDE-FHJK-MNPR-TWXY' > corpus/typed/seed-file-passphrase
printf 'M27X-9Y3K' > corpus/typed/seed-reference
printf '１３ 3 010001-6' > corpus/typed/seed-institution-code
printf 'CAF-0012-3456-O8' > corpus/typed/seed-line-id
printf 'COP12345678' > corpus/typed/seed-line-id-short
printf ' Ｏwner@Clinic.example ' > corpus/typed/seed-email
printf '東京都' > corpus/typed/seed-prefecture

full=corpus/register/seed-full.csv
printf '%s\n' '都道府県コード,点数表,医療機関コード,名称,郵便番号,所在地,電話番号,状態' \
    '13,3,0100016,さくら歯科,104-0061,"東京都中央区銀座1-1, 2階",03-0000-0000,現存' \
    '13,3,0100024,"「みどり""歯科""」",104-0061,東京都中央区,03-0000-0001,現存' > "$full"
printf '%s\n' '医療機関等コード,名称,住所' '1330100016,𠮷野歯科医院,東京都千代田区' '1310100018,"改行の
ある病院",大阪府' '13301,短い,東京都' > corpus/register/seed-short.csv
iconv -f UTF-8 -t CP932 "$full" > corpus/register/seed-cp932.csv
sed 's/$/\r/' "$full" > corpus/register/seed-crlf.csv
printf '\xff\xfe1\x003\x00' > corpus/register/seed-utf16.csv
printf 'PK\x03\x04' > corpus/register/seed-workbook.xlsx
printf '1330100016,"never closed,x\n1330100024,b,x\n' > corpus/register/seed-open.csv

printf '\xef\xbb\xbf受付番号,郵便番号,宛先,書留番号,備考\nM27X-9Y3K,104-0061,"さくら, 歯科",12345678901,\nAAAA-AAAA,,,,\n' \
    > corpus/lists/seed-batch.csv
printf 'M27X-9Y3K\t12345678901\r\nM27X-9Y3K, 12345678901\n\nC\n' > corpus/lists/seed-pasted.txt
printf 'login,name,institution_code,role,password_hash\na@clinic.example,山田 花子,1330100016,owner,%s\n,,,\nb,b,b,b,b\n' \
    '"$argon2id$v=19$m=19456,t=2,p=1$c29tZXNhbHQ$RdescudvJCsgt3ub+b9dWRWJTmaaJObG"' > corpus/lists/seed-accounts.csv
iconv -f UTF-8 -t CP932 corpus/lists/seed-accounts.csv > corpus/lists/seed-accounts-cp932.csv

bounce() {
    printf '%s\r\n' 'From: MAILER-DAEMON@mx.example' 'MIME-Version: 1.0' \
        'Content-Type: multipart/report; report-type=delivery-status; boundary="b"' '' '--b' 'Content-Type: text/plain' \
        '' 'Sorry.' '--b' 'Content-Type: message/delivery-status' '' 'Reporting-MTA: dns; mx.example' '' "Action: $1" \
        'Status: 5.1.1' 'Diagnostic-Code: smtp; 550 unknown' ' user' '--b' "Content-Type: $2" '' \
        'Message-ID: <0190@portal.example>' 'Subject: =?UTF-8?B?44GC?=' '' 'body' '--b--'
}
bounce failed text/rfc822-headers > corpus/bounce/seed-head.eml
bounce failed message/rfc822 > corpus/bounce/seed-whole.eml
bounce delayed message/rfc822 > corpus/bounce/seed-delayed.eml

printf 'From: Yamada <owner@clinic.example>\r\nTo: desk+abc@madoguchi.example\r\nSubject: =?UTF-8?B?UmU6IOWbnuetlA==?=\r\nMessage-ID: <1@clinic.example>\r\nIn-Reply-To: <0190@portal.example>\r\n\r\nArrived.\r\n\r\n> before\r\n' > corpus/reply/seed-plain.eml
printf 'From: owner@clinic.example\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\nContent-Type: text/html; charset=Shift_JIS\r\n\r\n<p>\x93\xcd\x82\xab\x82\xdc\x82\xb5\x82\xbd</p>\r\n--b\r\nContent-Type: application/pdf; name="a.pdf"\r\nContent-Disposition: attachment\r\n\r\nx\r\n--b--\r\n' > corpus/reply/seed-files.eml
printf 'From: MAILER-DAEMON@mx.example\r\nAuto-Submitted: auto-replied\r\nContent-Type: text/plain; charset=ISO-2022-JP\r\n\r\n\x1b$BFO$-$^$7$?!#\x1b(B\r\n' > corpus/reply/seed-machine.eml

# Files that people hand in: documents with a right table of contents, and pictures of a few pixels.
python3 - <<'END'
import struct, zlib

def pdf(name, more="", objects=(), trailer=""):
    own = ["<</Type/Catalog/Pages 2 0 R%s>>" % more, "<</Type/Pages/Kids[3 0 R]/Count 1>>",
           "<</Type/Page/Parent 2 0 R/MediaBox[0 0 9 9]>>", *objects]
    text, places = b"%PDF-1.7\n", []
    for number, body in enumerate(own, 1):
        places.append(len(text))
        text += b"%d 0 obj\n" % number + (body if isinstance(body, bytes) else body.encode()) + b"\nendobj\n"
    start = len(text)
    text += b"xref\n0 %d\n0000000000 65535 f \n" % (len(own) + 1) + b"".join(b"%010d 00000 n \n" % p for p in places)
    text += ("trailer\n<</Root 1 0 R/Size %d%s>>\nstartxref\n%d\n%%%%EOF\n" % (len(own) + 1, trailer, start)).encode()
    open("corpus/upload/seed-" + name, "wb").write(text)

def stream(words, content):
    packed = zlib.compress(content)
    return b"<<" + words + b"/Filter/FlateDecode/Length %d>>stream\n" % len(packed) + packed + b"\nendstream"

def chunk(kind, body):
    return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))

def png(name, width, height, rows):
    head = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    body = chunk(b"IHDR", head) + chunk(b"IDAT", zlib.compress(rows)) + chunk(b"IEND", b"")
    open("corpus/upload/seed-" + name, "wb").write(b"\x89PNG\r\n\x1a\n" + body)

pdf("plain.pdf", objects=[stream(b"", b"BT (receipt) Tj ET")])
pdf("script.pdf", "/OpenAction<</S/JavaScript/JS(app.alert)>>")
pdf("spelled.pdf", "/OpenAction<</S/#4aavaScript/#4a#53(app.alert)>>")
pdf("launch.pdf", "/AA<</WC<</S/Launch/F(cmd.exe)>>>>")
pdf("carries.pdf", "/Names<</EmbeddedFiles 4 0 R>>", ["<</Names[(a) 5 0 R]>>", "<</Type/Filespec/EF<</F 6 0 R>>>>"])
pdf("closed.pdf", objects=["<</Filter/Standard/V 1/R 2/O(x)/U(y)/P -4>>"], trailer="/Encrypt 4 0 R/ID[(a)(a)]")
pdf("packed.pdf", objects=[stream(b"/Type/ObjStm/N 1/First 4", b"9 0 <</S/JavaScript/JS(x)>>")])
png("small.png", 2, 2, b"\0" + b"\xff" * 6 + b"\0" + b"\0" * 6)
png("promises.png", 60_000, 60_000, b"\0" * 64)
END
printf 'PK\x03\x04rest' > corpus/upload/seed-zip.pdf
printf '\xff\xd8\xff\xe0\0\x10JFIF\0\x01\x01\0\0\x01\0\x01\0\0' > corpus/upload/seed-cut.jpg
printf '..\\..\\領収書\xe2\x80\xaefdp.exe' > corpus/upload/seed-name
