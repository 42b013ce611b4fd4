"""The block ciphers of EA07, EA09 and EA11 and the DES of DKGA01 to 03: raw primitives.

Nothing outside ``voltoken.sts`` may import them: a cipher without the token codec around it is easy to
misuse. None of the code runs in constant time; see SECURITY.md.
"""
