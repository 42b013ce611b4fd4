"""The skins that come along: the table of codes that Indonesian meters share, and three-digit registers.

Sources: published code tables of several makers' meters; where a code needs something a virtual meter
does not measure (voltage, power factor), it is left out. Codes 98 and 99 of the first skin are ours: the
published table has none for the reconnect key and for emergency credit.
"""

from __future__ import annotations

from typing import Final

from voltoken.meter.results import TokenResult
from voltoken.meter.skin import Action, ShortCode, Skin

_REJECT: Final = "rEJECt-{tries}"

PLN: Final = Skin(
    "pln",
    "The code table of Indonesian keypad meters",
    codes={
        "00": ShortCode("display test", "display_test"),
        "01": ShortCode("load switch test", "load_switch"),
        "02": ShortCode("display and buzzer test", "display_test"),
        "03": ShortCode("total consumption", "total"),
        "04": ShortCode("key revision and type", "krn_kt"),
        "05": ShortCode("tariff index", "ti"),
        "06": ShortCode("token reader test", "token_reader"),
        "07": ShortCode("power limit", "power_limit"),
        "08": ShortCode("tamper status", "tamper"),
        "09": ShortCode("power now", "power"),
        "10": ShortCode("software version", "software"),
        "11": ShortCode("phase unbalance limit", "unbalance_limit"),
        "37": ShortCode("credit left", "credit", 2),
        "38": ShortCode("total consumption", "total", 2),
        "47": ShortCode("power now", "power"),
        "53": ShortCode("credit bought", "credit_bought"),
        **{
            str(54 + n): ShortCode(f"credit token {n + 1}, newest first", f"credit_token_{n + 1}")
            for n in range(5)
        },
        **{
            str(59 + n): ShortCode(f"amount of credit token {n + 1}", f"credit_amount_{n + 1}")
            for n in range(5)
        },
        "64": ShortCode("management tokens", "management_tokens"),
        **{
            str(65 + n): ShortCode(f"management token {n + 1}, newest first", f"management_token_{n + 1}")
            for n in range(3)
        },
        "68": ShortCode("overload trips", "overload_trips"),
        "69": ShortCode("power failures", "power_failures"),
        "70": ShortCode("terminal cover opened", "tamper_terminal"),
        "71": ShortCode("cover opened", "tamper_cover"),
        "72": ShortCode("tampers in all", "tamper_total"),
        "73": ShortCode("used beyond the credit", "lent", 2),
        "74": ShortCode("hardware version", "software"),
        "75": ShortCode("meter number", "drn"),
        "76": ShortCode("meter constant", "pulses"),
        "77": ShortCode("supply group", "sgc"),
        "78": ShortCode("alarm interval", "alarm_minutes"),
        "79": ShortCode("low-credit limit", "low_credit"),
        "81": ShortCode("time left", "forecast"),
    },
    actions={
        "123": Action("alarm interval set", "alarm_minutes", 2),
        "456": Action("low-credit limit set", "low_credit", 2),
        "98": Action("reconnect", "reconnect"),
        "99": Action("emergency credit", "emergency"),
    },
    results={
        TokenResult.ACCEPT: ("ACCEPt", "{amount}", "{balance}"),
        TokenResult.KCT1: ("ACCEPt", "PLS {next}"),
        TokenResult.KCT2: ("ACCEPt", "PLS {next}"),
        TokenResult.KCT3: ("ACCEPt", "PLS {next}"),
        TokenResult.KCT4: ("ACCEPt", "PLS {next}"),
        TokenResult.OVERFLOW: ("rEJECt", "FULL"),
        TokenResult.KEY_TYPE: (_REJECT, "FAIL 05"),
        TokenResult.FORMAT: (_REJECT, "FAIL 06"),
        TokenResult.RANGE: (_REJECT, "FAIL 07"),
        TokenResult.FUNCTION: (_REJECT, "FAIL 08"),
        TokenResult.OLD: (_REJECT, "OLd"),
        TokenResult.USED: (_REJECT, "USEd"),
        TokenResult.KEY_EXPIRED: (_REJECT, "FAIL 11"),
        TokenResult.DDTK: (_REJECT, "FAIL 12"),
        TokenResult.CRC: (_REJECT, "FAIL"),
        TokenResult.MFR_CODE: ("rEJECt", "FAIL 14"),
        TokenResult.LOCKOUT: ("rEJECt", "WAIt {seconds} S"),
        TokenResult.NOT_READY: ("",),
    },
)

REGISTERS: Final = Skin(
    "registers",
    "Three-digit registers and plain words",
    codes={
        "000": ShortCode("meter number", "drn"),
        "001": ShortCode("power", "power"),
        "002": ShortCode("credit", "credit"),
        "048": ShortCode("software", "software"),
        "050": ShortCode("power failures", "power_failures"),
        "054": ShortCode("last token", "credit_token_1"),
        "056": ShortCode("value of the last token", "credit_amount_1"),
        "057": ShortCode("key revision and type", "krn_kt"),
        "058": ShortCode("tariff index", "ti"),
        "059": ShortCode("credit, exactly", "credit", 3),
        "060": ShortCode("supply group", "sgc"),
        "061": ShortCode("consumption, exactly", "total", 3),
        "078": ShortCode("token result", "token_result"),
        **{
            f"{301 + n}": ShortCode(f"token {n + 1} from the last", f"credit_token_{n + 1}") for n in range(5)
        },
    },
    actions={
        "900": Action("emergency credit", "emergency"),
        "901": Action("reconnect", "reconnect"),
        "910": Action("low-credit limit set", "low_credit", 3),
        "911": Action("alarm interval set", "alarm_minutes", 3),
    },
    results={
        TokenResult.ACCEPT: ("Accepted", "+ {amount}", "{balance}"),
        TokenResult.KCT1: ("1 of the key taken", "Enter {next}"),
        TokenResult.KCT2: ("2 of the key taken", "Enter {next}"),
        TokenResult.KCT3: ("3 of the key taken", "Enter {next}"),
        TokenResult.KCT4: ("4 of the key taken", "Enter {next}"),
        TokenResult.OVERFLOW: ("Too much credit", "Use some first"),
        TokenResult.KEY_TYPE: ("Refused", "Key type"),
        TokenResult.FORMAT: ("Refused", "20 digits"),
        TokenResult.RANGE: ("Refused", "Range"),
        TokenResult.FUNCTION: ("Refused", "No such function"),
        TokenResult.OLD: ("Refused", "Old"),
        TokenResult.USED: ("Refused", "Used"),
        TokenResult.KEY_EXPIRED: ("Refused", "Key expired"),
        TokenResult.DDTK: ("Refused", "Default key"),
        TokenResult.CRC: ("Refused", "Check the digits"),
        TokenResult.MFR_CODE: ("Refused", "Other maker"),
        TokenResult.LOCKOUT: ("Wait", "{seconds} s"),
        TokenResult.NOT_READY: ("",),
    },
    idle="Credit {balance}",
    unknown="No such register",
)

SKINS: Final = {skin.name: skin for skin in (PLN, REGISTERS)}
"""Every skin by its name."""
