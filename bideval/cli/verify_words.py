"""What `bideval verify` prints, in Chinese: names of steps, details of good steps, the end.

Decided here: the words, and which language a terminal is spoken to in. The audit speaks English and
its verdict, also as JSON, stays as it is; here its sentences are said in Chinese, part by part.
What a failed step found is said as `fault_words` has it.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from bideval.cli.fault_words import fault_text

if TYPE_CHECKING:
    from collections.abc import Mapping

    from bideval.audit.verifier import Step

LANGUAGES = ("en", "zh")

STEPS_IN_CHINESE = {
    "container": "文件完整",
    "signatures": "逐条签名",
    "fold": "规则重演",
    "tree": "记录树",
    "cosignatures": "会场联署",
    "bids": "投标启封",
    "draw": "专家抽取重算",
    "result": "评分结果重算",
    "confirmations": "委员签认",
    "report": "报告一致",
}
ASKED_IN_CHINESE = {"against": "与另一证据包比对", "receipts": "回执", "stamps": "时间戳"}
PHASES_IN_CHINESE = {
    "prepared": "投标",
    "opened": "开标",
    "drawn": "抽取",
    "checked_in": "签到",
    "declared": "承诺与回避",
    "chaired": "推选组长",
    "responsiveness": "符合性审查",
    "scoring": "打分",
    "released": "开分",
    "consolidated": "汇总",
    "confirmed": "确认",
    "reported": "评标报告",
    "archived": "归档",
    "failed": "废标",
    "re_formed": "重新组建",
}
"""As the pages call them."""

PARTS = [
    (r"(\d+) files, every byte covered", r"\1 个文件，每个字节均在校验之内"),
    (r"(\d+) signatures by (\d+) keys", r"\2 把密钥的 \1 个签名"),
    (r"(\d+) void entries kept", r"保留无效条目 \1 条"),
    (
        r"; (\d+) entries name another past than this, the first is ",
        r"；\1 条所述前文与此不同，首条为 ",
    ),
    (r"; its printed words are not compared", r"；印刷文字未比对"),
    (r"SHA-256 ([0-9a-f]{64}), head (\d+)", r"SHA-256 \1，前文 \2 条"),
    (r"(\d+) entries, root ", r"\1 条，根值 "),
    (r"; noted as absent and not signing: ", r"；已记录缺席且未联署："),
    (r"nobody else takes part", r"无其他会场参加"),
    (r"nobody else: (.+) never joined", r"无其他会场：\1 从未加入"),
    (r"^not reached$", r"未到此步"),
    (r"(\d+) opened, (\d+) that could not be", r"已启封 \1 份，无法启封 \2 份"),
    (r"(\d+) of (\d+) eligible experts", r"\2 名合格专家中抽出 \1 名"),
    (r", (\d+) of fall-back classes", r"，其中 \1 名来自替补类别"),
    (r"(\d+) supplements", r"补抽 \1 次"),
    (r"on main's word alone: ", r"仅有主会场的记录："),
    (r"(\d+) names opened", r"已启封姓名 \1 个"),
    (r", (\d+) still sealed", r"，仍密封 \1 个"),
    (r"version (\d+), (\d+) scoresheets, ", r"第 \1 版，评分表 \2 份，"),
    (r"\bfinal\b", r"为最终结果"),
    (r"\bstopped by findings\b", r"因发现问题而停止"),
    (r"; remarked: ", r"；附注："),
    (r" and (\d+) more$", r" 等，另有 \1 项"),
    (r"(\d+) agree\b", r"\1 人同意"),
    (r"(\d+) dissent\b", r"\1 人保留意见"),
    (r"(\d+) refuse\b", r"\1 人拒签"),
    (r"(\d+) noted refusals", r"记录拒签 \1 人"),
    (r"(\d+) entries are the same", r"\1 条相同"),
    (r", (\d+) came after", r"，其后另有 \1 条"),
    (r"(\S+) continues (\S+), of one end and its bids", r"\1 续接 \2，结尾与投标一致"),
    (r"\bentry (\d+) (\([^)]*\))? ?is in its place", r"第 \1 条 \2在其位置"),
    (r"(\d+) entries by (\S+) \((.*?)\)", r"\1 条不晚于 \2（\3）"),
    (r"^none in this record$", r"本记录中没有"),
]
"""English parts of details, and what they are in Chinese; each is put in wherever it occurs."""

ENGLISH_END = {
    "ok": "ok  ",
    "failed": "FAIL",
    "verified": "verified: {entries} entries of {origin}",
    "root": "root {root}",
    "cosigned": "co-signed by {venues}",
    "nobody": "nobody else",
    "key": "key of {venue}: {public}",
    "unfinished": "NOT FINISHED: the record ends in phase {phase}",
    "not_verified": "NOT VERIFIED",
    "vanished": "  vanished: {place}",
    "added": "  added: {place}",
    "more": "  and {count} more",
    "accused": "PROOF OF MISBEHAVIOUR: both histories are signed by {venues}",
}
CHINESE_END = {
    "ok": "通过",
    "failed": "失败",
    "verified": "验证通过：{origin} 的 {entries} 条记录",
    "root": "根值 {root}",
    "cosigned": "联署会场：{venues}",
    "nobody": "无",
    "key": "{venue} 的公钥：{public}",
    "unfinished": "尚未结束：记录止于“{phase}”阶段",
    "not_verified": "验证未通过",
    "vanished": "  消失：{place}",
    "added": "  新增：{place}",
    "more": "  另有 {count} 条",
    "accused": "不当行为的证据：两份历史均由以下会场签署：{venues}",
}
WORDS = {"en": ENGLISH_END, "zh": CHINESE_END}


def language_of(environment: Mapping[str, str]) -> str:
    """Return the language of a terminal by its locale (POSIX: the first of these that is set)."""
    for name in ("LC_ALL", "LC_MESSAGES", "LANG"):
        if environment.get(name):
            return "zh" if environment[name].lower().startswith("zh") else "en"
    return "en"


def step_name(language: str, name: str) -> str:
    """Return what a step is called."""
    return (STEPS_IN_CHINESE | ASKED_IN_CHINESE)[name] if language == "zh" else name


def phase_name(language: str, phase: str) -> str:
    """Return what a phase is called."""
    return PHASES_IN_CHINESE[phase] if language == "zh" else phase


def step_detail(language: str, step: Step) -> str:
    """Return what a step found, good or not."""
    if step.ok:
        return good_detail(language, step.detail)
    return fault_text(language, step.code, step.detail)


def good_detail(language: str, detail: str) -> str:
    """Return what a good step found."""
    if language != "zh":
        return detail
    if phase := re.fullmatch(r"phase (\w+), (.*)", detail):
        detail = f"“{PHASES_IN_CHINESE[phase[1]]}”阶段，{phase[2]}"
    for english, chinese in PARTS:
        detail = re.sub(english, chinese, detail)
    return detail.replace("; ", "；")
