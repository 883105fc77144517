"""A passkey provider in software, as a browser shows it to a page: answers in the form of `credential.toJSON()`."""

import hashlib
import json
import struct

from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.hashes import SHA256
from fido2 import cbor
from fido2.cose import ES256, RS256
from fido2.utils import websafe_decode, websafe_encode

_PRESENT, _VERIFIED, _ATTESTED = 0x01, 0x04, 0x40


class Authenticator:
    """Holds one passkey. What it does wrong on purpose are arguments."""

    def __init__(self, origin: str = "https://app.example.com", algorithm: int = -7, counter: int = 1) -> None:
        self.origin = origin
        self.counter = counter
        if algorithm == -7:
            self._key, self._cose = ec.generate_private_key(ec.SECP256R1()), ES256
        else:
            self._key, self._cose = rsa.generate_private_key(65537, 2048), RS256
        self.credential_id = hashlib.sha256(str(id(self._key)).encode() + self._public()).digest()

    def create(self, options: dict, *, verified: bool = True, relying_party: str = "", attachment: str = "platform"):
        """Answer the options of a registration; the attestation is `none`."""
        self.user_handle = options["user"]["id"]
        identifier = struct.pack(">H", len(self.credential_id)) + self.credential_id
        data = self._data(relying_party or options["rp"]["id"], verified, _ATTESTED) + bytes(16) + identifier
        attestation = {"fmt": "none", "attStmt": {}, "authData": data + self._public()}
        return self._credential(
            attachment,
            clientDataJSON=websafe_encode(self._client_data("webauthn.create", options["challenge"])),
            attestationObject=websafe_encode(cbor.encode(attestation)),
            authenticatorData=websafe_encode(attestation["authData"]),
            publicKeyAlgorithm=self._cose.ALGORITHM,
            transports=["internal", "hybrid"],
        )

    def get(self, options: dict, *, verified: bool = True, challenge: str = "", user_handle: str = "") -> dict:
        """Answer the options of a sign-in, and count it."""
        self.counter += 1 if self.counter else 0
        client_data = self._client_data("webauthn.get", challenge or options["challenge"])
        data = self._data(options["rpId"], verified)
        return self._credential(
            "platform",
            clientDataJSON=websafe_encode(client_data),
            authenticatorData=websafe_encode(data),
            signature=websafe_encode(self._sign(data + hashlib.sha256(client_data).digest())),
            userHandle=user_handle or self.user_handle,
        )

    def knows(self, options: dict) -> bool:
        """Whether the options of a sign-in ask for this passkey."""
        return self.credential_id in [websafe_decode(one["id"]) for one in options["allowCredentials"]]

    def _credential(self, attachment: str, **response: object) -> dict:
        identifier = websafe_encode(self.credential_id)
        return {
            "id": identifier,
            "rawId": identifier,
            "type": "public-key",
            "authenticatorAttachment": attachment,
            "clientExtensionResults": {},
            "response": response,
        }

    def _client_data(self, kind: str, challenge: str) -> bytes:
        written = {"type": kind, "challenge": challenge, "origin": self.origin, "crossOrigin": False}
        return json.dumps(written).encode()

    def _data(self, relying_party: str, verified: bool, flags: int = 0) -> bytes:
        flags |= _PRESENT | (_VERIFIED if verified else 0)
        return hashlib.sha256(relying_party.encode()).digest() + struct.pack(">BI", flags, self.counter)

    def _public(self) -> bytes:
        return cbor.encode(self._cose.from_cryptography_key(self._key.public_key()))

    def _sign(self, message: bytes) -> bytes:
        if isinstance(self._key, ec.EllipticCurvePrivateKey):
            return self._key.sign(message, ec.ECDSA(SHA256()))
        return self._key.sign(message, PKCS1v15(), SHA256())
