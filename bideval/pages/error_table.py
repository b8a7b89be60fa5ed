"""Codes of errors, with the status and the sentence of each, in English and Chinese.

Decided here: the words. A sentence says what to do, never what was typed.
Not decided here: when an error is raised.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Row:
    """One code's HTTP status and sentences."""

    status: int
    en: str
    zh: str


FAMILY_ROWS = {
    "input": Row(422, "This entry is not correct.", "填写内容不正确。"),
    "refused": Row(409, "This is not possible now.", "当前不能进行此操作。"),
    "evidence": Row(422, "The signature or the seal does not verify.", "签名或封装未通过核验。"),
    "fault": Row(503, "The server cannot do this now.", "服务器暂时无法处理。"),
}
"""What a code without a row of its own gets."""

TABLE: dict[str, Row] = {
    "internal": Row(500, "Something went wrong on our side.", "服务器内部错误。"),
    "not_signed_in": Row(401, "Please sign in.", "请先登录。"),
    "login_failed": Row(401, "Signing in failed.", "登录失败。"),
    "bad_code": Row(403, "This code is not valid any more.", "激活码无效或已失效。"),
    "role_not_allowed": Row(403, "Your role may not do this.", "您的角色无权进行此操作。"),
    "not_the_author": Row(403, "You are signed in as somebody else.", "当前登录人与签名人不一致。"),
    "other_site": Row(403, "The request comes from another site.", "请求来源不符。"),
    "not_found": Row(404, "There is no such page.", "页面不存在。"),
    "method_not_allowed": Row(405, "This is not possible here.", "此处不支持该操作。"),
    "too_large": Row(413, "This is too large.", "内容过大。"),
    "file_too_large": Row(413, "The file is too large.", "文件过大。"),
    "too_many_attempts": Row(429, "Too many attempts. Wait a minute.", "尝试过于频繁，请稍候。"),
    "too_many_requests": Row(429, "Too many requests. Wait a minute.", "请求过于频繁，请稍候。"),
    "unknown_session": Row(404, "There is no such session.", "评审项目不存在。"),
    "unknown_file": Row(404, "There is no such file.", "文件不存在。"),
    "unknown_entry": Row(404, "There is no such entry.", "记录不存在。"),
}
