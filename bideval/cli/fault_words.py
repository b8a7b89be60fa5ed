"""What a verification that fails has found, in Chinese: one sentence for each code of a fault.

Decided here: the words. The place (entry, file, field) and the English detail are put beside them,
because they are what the specification names. A test holds this table against the rooms' codes.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

    from bideval.terms.errors import BidevalError

_BUNDLE = {
    "bid_differs": "投标文件与启封记录不一致",
    "bid_withheld": "可以启封的投标未启封，或封装文件未附",
    "bundle_damaged": "证据包已损坏或被改动",
    "bundle_malformed": "证据包结构不符合规范",
    "cosignature_missing": "缺少分会场联署",
    "cut": "记录被截短，少于另一证据包已证实的条目",
    "draw_differs": "抽取结果与重算不一致",
    "exclusion_differs": "回避或资格状态与专家库不一致",
    "file_differs": "文件与其摘要不一致",
    "file_missing": "记录所列文件未附",
    "file_unnamed": "含有记录未列的文件",
    "fork": "记录分叉：与另一证据包在此处不一致",
    "main_against_rules": "主会场作出了规则所禁止的行为",
    "names_differ": "身份与密封名单不一致",
    "no_founding": "记录没有项目建立条目",
    "no_result": "缺少评审结果",
    "not_confirmed": "委员尚未对当前结果表态",
    "not_published": "名单尚未公布",
    "not_the_successor": "并非原项目指定的续评项目",
    "omitted": "主会场已签收的条目未列入记录",
    "other_bids": "续评项目启封的投标不同",
    "other_fails": "另一证据包未通过验证",
    "other_main": "主会场与建立项目的会场不一致",
    "other_root": "两份记录的根值不同",
    "other_venue": "并非本项目的会场",
    "pool_differs": "专家库与密封时不一致",
    "receipt_mismatch": "回执与条目或位置不符",
    "report_differs": "评标报告与记录不一致",
    "result_differs": "评审结果与按评分重算的结果不一致",
    "rewritten": "记录已被改写：主会场曾签署另一历史",
    "root_differs": "根值不符",
    "section_changed": "内容在读取时发生变化",
    "signature": "签名并非出自该作者登记的密钥",
    "no_draw": "本证据包中没有抽取",
}

_LEDGER = {
    "checkpoint_malformed": "检查点格式不正确",
    "checkpoint_unsigned": "检查点未经主会场签署",
    "consistency_failed": "一致性证明不成立",
    "cosignature_malformed": "联署格式不正确",
    "cosignature_wrong_key": "联署密钥不符",
    "founding_refused": "项目建立条目不符合规则",
    "frontier_malformed": "记录树前沿格式不正确",
    "gap": "会场条目编号不连续",
    "inclusion_failed": "包含证明不成立",
    "line_malformed": "条目行格式不正确",
    "line_too_large": "条目行过大",
    "no_key": "回执未附公钥",
    "not_a_bundle": "不是证据包",
    "not_a_receipt": "不是回执",
    "not_founded": "首条须为项目建立",
    "not_misbehaviour": "不是不当行为证据文件",
    "not_proven": "所附材料不足以证明",
    "note_malformed": "签名文本格式不正确",
    "other_author": "作者与签名密钥不符",
    "other_entry": "与会场所签条目不同",
    "other_origin": "出自其他会场",
    "other_session": "属于其他项目",
    "proof_malformed": "证明格式不正确",
    "receipt_malformed": "回执格式不正确",
    "too_few_cosignatures": "联署数量不足",
    "unknown_key": "密钥未在本记录中登记",
    "unknown_origin": "来源会场未登记",
    "unknown_venue": "会场未登记",
}

_EVIDENCE = {
    "bad_share": "密钥份额不正确",
    "bad_stamp": "时间戳无效",
    "custody_differs": "保管人与封装不符",
    "duplicate_custodian": "保管人重复",
    "identity_invalid": "解封密钥无效",
    "jws_malformed": "签名内容格式不正确",
    "jws_too_large": "签名内容过大",
    "jws_wrong_algorithm": "签名算法与密钥不符",
    "jws_wrong_key": "签名密钥不符",
    "jws_wrong_type": "签名用途不符",
    "key_invalid": "密钥不安全或格式不正确",
    "manifest_differs": "投标内容与封装信息不符",
    "nonce_differs": "随机数与承诺不符",
    "nonce_length": "随机数长度不正确",
    "nonces_missing": "缺少随机数",
    "not_padded": "内容未按规定填充",
    "package_malformed": "投标封装内容格式不正确",
    "package_too_long": "投标封装内容超出结尾",
    "package_truncated": "投标封装内容不完整",
    "pool_cut": "专家库文件不完整",
    "pool_exhausted": "专家库已无可抽取人员",
    "pool_header": "不是专家库文件",
    "pool_order": "专家库排列顺序不正确",
    "pool_row": "专家库行格式不正确",
    "pool_too_large": "专家库过大",
    "pool_too_small": "专家库人数不足",
    "recipient_invalid": "封装公钥不安全",
    "salt_length": "盐值长度不正确",
    "seal_unopenable": "密钥份额无法合成，封装不能开启",
    "signature_invalid": "签名无效",
    "too_few_custodians": "保管人过少",
    "too_few_shares": "密钥份额不足",
    "unknown_suite": "密钥类型不受支持",
    "unsealing_failed": "封装无法开启",
}

_FIELDS = {
    "bad_certificate": "证书不可用",
    "bad_discipline": "专业代码不正确",
    "bad_discipline_id": "专业代码格式不正确",
    "bad_entry": "条目内容不正确",
    "bad_entry_id": "条目编号不正确",
    "bad_fallback": "替补专业类别不正确",
    "bad_file_name": "文件名不可用",
    "bad_key_file": "密钥文件不正确",
    "bad_label": "标识不正确",
    "bad_media_type": "文件类型不正确",
    "control_character": "含控制字符",
    "discipline_refused": "未承诺遵守评标纪律",
    "division_by_zero": "评分方法出现除零",
    "duplicate_bid": "投标重复",
    "duplicate_id": "编号重复",
    "duplicate_key": "键或成员重复",
    "duplicate_name": "名称重复",
    "duplicate_venue": "会场重复",
    "final_differs": "是否最终与结果不一致",
    "float": "不得含小数或指数形式的数字",
    "integer_too_long": "整数过长",
    "missing": "缺少必填项",
    "not_a_decimal": "不是有效的十进制数",
    "not_a_digest": "不是有效的 SHA-256 摘要",
    "not_a_flag": "须为 true 或 false",
    "not_a_list": "须为列表",
    "not_a_text": "须为文本",
    "not_an_instant": "不是有效的时刻",
    "not_an_integer": "须为整数",
    "not_an_object": "须为对象",
    "not_base64": "不是有效的 base64",
    "not_base64url": "不是有效的 base64url",
    "not_bytes": "字符超出一个字节的范围",
    "not_json": "不是有效的 UTF-8 JSON",
    "not_utf8": "不是 UTF-8 编码",
    "nothing_changes": "更正前后没有变化",
    "nothing_left": "没有可平均的数值",
    "number_too_large": "数字过大",
    "other_mark": "评分与密封内容不符",
    "other_sheet": "评分表与密封内容不符",
    "out_of_bounds": "数值超出范围",
    "out_of_range": "数值超出范围",
    "seat_count": "席位数不正确",
    "seat_name": "席位名称不正确",
    "seat_number": "席位编号不正确",
    "seat_sums": "席位合计不一致",
    "seat_without_expert": "席位没有对应的评审专家",
    "ticket_without_seat": "抽取号没有对应的席位",
    "too_deep": "嵌套过深",
    "too_large": "内容过大",
    "too_long": "内容过长",
    "too_long_to_pad": "内容过长，无法封装",
    "too_short": "内容过短",
    "unknown_choice": "取值不在可选范围内",
    "unknown_member": "含未知成员",
    "unknown_value": "取值未知",
    "unreadable": "无法读取",
    "wrong_count": "数量不正确",
    "wrong_size": "长度不正确",
}

CHINESE: Mapping[str, str] = _BUNDLE | _LEDGER | _EVIDENCE | _FIELDS


def fault_text(language: str, code: str | None, english: str) -> str:
    """Return what a failed step found: in Chinese the sentence of its code, then place and detail.

    `english` is the fault as the audit says it, "place: detail".
    """
    sentence = CHINESE.get(code or "")
    return english if language != "zh" or sentence is None else f"{sentence}（{english}）"


def error_text(language: str, error: BidevalError) -> str:
    """Return the same of an error that ends a command."""
    return fault_text(language, error.code, str(error))
