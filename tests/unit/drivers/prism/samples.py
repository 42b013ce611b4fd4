"""Genuine values of every struct and method of the interface, made of the samples that are public."""

from __future__ import annotations

from typing import Any

from voltoken.drivers.prism.idl import interface

make = interface().make

CONFIG: dict[str, Any] = {
    "drn": "58000079523",
    "ea": 7,
    "tct": 2,
    "sgc": 600675,
    "krn": 1,
    "ti": 21,
    "ken": 255,
}
TOKEN: dict[str, Any] = {
    "drn": "58000079523",
    "pan": "600727580000795237",
    "ea": 7,
    "tct": 2,
    "sgc": 600675,
    "krn": 1,
    "ti": 21,
    "tokenClass": 0,
    "subclass": 0,
    "tid": 15891088,
    "transferAmount": 102.0,
    "isReservedTid": False,
    "description": "Credit:Electricity",
    "stsUnitName": "hWh",
    "scaledAmount": "10.2",
    "scaledUnitName": "kWh",
    "tokenDec": "67819696861845956084",
    "tokenHex": "3AD2FF6F8C100A5F4",
    "idSm": "SM-1",
    "vkKcv": "7915C8",
}
TEST_TOKEN: dict[str, Any] = {
    "drn": "00000000000",
    "pan": "600727000000000009",
    "tokenClass": 1,
    "subclass": 0,
    "control": 0,
    "mfrcode": 0,
    "description": "InitMeterTest",
    "tokenDec": "00000000000134220736",
    "tokenHex": "00000000008000BC0",
}
ADVICE: dict[str, Any] = {
    "toSgc": 600675,
    "toKrn": 2,
    "toTi": 21,
    "toKen": 255,
    "idRecord": "60072758000079523700000207600675212",
    "record2": "\x0260072758000079523700000207600675212\x03",
    "rollover": True,
    "toVkKcv": "7915C8",
}


def sample(struct: str) -> Any:
    """Return a genuine struct of a name."""
    table: dict[str, dict[str, Any]] = {
        "ApiException": {"eCode": "ECacheMiss", "eMsgEn": "no"},
        "Alert": {"eCode": "EService", "eMsgEn": "licence ends"},
        "SessionOptions": {},
        "SignInResult": {"accessToken": "abc"},
        "NodeStatus": {"info": {"a": "b"}, "alerts": []},
        "MeterConfigAmendment": {"toSgc": 600675, "toKrn": 2, "toTi": 21},
        "MeterConfigIn": CONFIG,
        "MeterConfigAdvice": ADVICE,
        "Token": TOKEN,
        "MeterTestToken": TEST_TOKEN,
        "VerifyResult": {"validationResult": "EVerify.Ok"},
    }
    return make(struct, **table[struct])


def arguments() -> dict[str, dict[str, Any]]:
    """Return genuine arguments of every method."""
    ids = {"messageId": "v1.1", "accessToken": "abc"}
    config = {**ids, "meterConfig": sample("MeterConfigIn")}
    issue = {**config, "subclass": 0, "transferAmount": 102.0, "tokenTime": 17_000_000, "flags": 2}
    return {
        "ping": {"sleepMs": 0, "echo": "hello"},
        "signInWithPassword": {
            "messageId": "s1",
            "realm": "local",
            "username": "till",
            "password": "secret",
            "sessionOpts": sample("SessionOptions"),
        },
        "getStatus": ids,
        "parseIdRecord": {**ids, "idRecord": ADVICE["idRecord"]},
        "loadTransactionLicense": {**ids, "licenseText": "licence"},
        "issueCreditToken": issue,
        "issueMeterTestToken": {**ids, "subclass": 0, "control": 1, "mfrcode": 0},
        "issueMseToken": {**issue, "subclass": 1},
        "issueKeyChangeTokens": {**config, "newConfig": sample("MeterConfigAmendment")},
        "verifyToken": {**config, "tokenDec": TOKEN["tokenDec"]},
        "issueDitkChangeTokens": config,
        "fetchTokenResult": {**ids, "reqMessageId": "v0.1"},
        "ctsResetTidList": {**ids, "panPattern": "600727*"},
    }


def answers() -> dict[str, Any]:
    """Return a genuine answer of every method."""
    token = sample("Token")
    keyed = make("Token", **TOKEN, newConfig=sample("MeterConfigAdvice"))
    return {
        "ping": "hello",
        "signInWithPassword": sample("SignInResult"),
        "getStatus": [make("NodeStatus", info={"ApiType": "vending"}, alerts=[sample("Alert")])],
        "parseIdRecord": sample("MeterConfigIn"),
        "loadTransactionLicense": True,
        "issueCreditToken": [token],
        "issueMeterTestToken": sample("MeterTestToken"),
        "issueMseToken": [token],
        "issueKeyChangeTokens": [keyed, token],
        "verifyToken": make("VerifyResult", validationResult="EVerify.Ok", token=token),
        "issueDitkChangeTokens": [keyed, token],
        "fetchTokenResult": [token],
        "ctsResetTidList": ["600727000000000009"],
    }
