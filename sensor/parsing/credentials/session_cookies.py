"""Names of cookies that stand for a login or a session."""

from __future__ import annotations

import re

from sensor.lazy_pattern import expression
from sensor.parsing.credentials.field_names import NAME_LIMIT, looks_like_token

COOKIE_NAMES = expression(
    r"sess(?:ion)?[-_. ]?(?:id|key|token|sso)?|"
    r"(?:^|[-_.])(?:sid|hsid|ssid|apisid|sapisid|lsid|psid|auth|jwt|sso|login|rememberme|remember[-_]me|credential|credentials|passport|ticket)(?:$|[-_.\d])|"
    r"[a-z](?:Sid|SID)$|(?i:auth|token|sessid|aspxauth|logged_in|wordpress_sec|apikey|api_key|passwd|password|jwt)|^x-main$|^stok$|^oscsid$|^zenid$|^uid_token$|^sysauth|"
    r"^(?:cakephp|webvpn|dsid|nsc_aaac|iplanetdirectorypro|xs|phpmyadmin|frontend|adminhtml|keycloak_identity|castgc|tgc|rtfa|cadata|bduss|xf_user|airos_[0-9a-f]{12}|sub)$"
)
"""Cookies that stand for a login or a session: the names of common frameworks (PHPSESSID, JSESSIONID,
ASP.NET_SessionId, connect.sid, .ASPXAUTH, laravel_session, osCsid, CFTOKEN, SESS… of Drupal) and of products
(CakePHP, Cisco's and Citrix' gateways, Facebook, phpMyAdmin, Magento, Keycloak, CAS, SharePoint, Outlook, Baidu,
XenForo, Ubiquiti, Weibo), and what their words have in common. Cookies that only recognise a visitor again are
`NOT_COOKIES`."""

NOT_COOKIES = expression(
    r"csrf|xsrf|antiforgery|requestverification|^__utm|^_ga|^_gid|^_hj|^s_|^amcv|^mbox|^optimizely|^_pk_|^ajs_|^_fb|^__cf|^cf_|^ak_bmsc|^bm_|consent|time|expire|(?<!ac)count|keepsession|(?:as|pos|ob)sess|lang|"
    r"^anonchk|^_clsk|^_uet|^ab[._-]?test|^datadome|_dd_s|^trc_|data$|tracking|visitor|analytics|^login_type|redirect",
    re.IGNORECASE,
)
"""Visitor counters (Google, Adobe, Hotjar, Matomo, Segment …), bot checks, form tokens and flags."""


def is_session_cookie(name: str, value: str) -> bool:
    """Whether a cookie of a request stands for a login or session: by its name, and a value that can be a secret."""
    if len(name) > NAME_LIMIT or NOT_COOKIES.search(name):
        return False
    bare = name.removeprefix("__Host-").removeprefix("__Secure-")
    return (
        bool(COOKIE_NAMES.search(bare) or COOKIE_NAMES.search(bare.lower()))
        and looks_like_token(value)
        and "%20" not in value
    )
