"""What the demonstration prints, in Chinese and in English.

Decided here: the words for each event, and which events are worth a line.
Not decided here: where lines go and how far the run has come (`demo`).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

Words = dict[str, str]

CHINESE: Words = {
    "intro": "远程异地评标演示：一个主会场、两个副会场，各有自己的服务器、数据库和密钥，"
    "都只在本机回环地址上。",
    "out": "输出目录：{out}",
    "ports": "端口 {wanted} 起已被占用，改用空闲端口 {ports}。",
    "papers": "正在制作五份投标文件（PDF）和三个会场的密钥 …",
    "servers": "三台服务器已就绪：{urls}",
    "papers_done": "五份投标文件已制成，共 {pages} 页",
    "founded": "主会场建立项目，邀请副会场 {branches}；每个人的私钥只在本人设备上",
    "published": "发布招标文件；投标截止 {deadline}；{bidders} 家投标人登记",
    "sealed": "{bids} 份投标文件加密封存：五名工作人员中任意三人共同到场才能开启",
    "announced": "开标：{bid}  {name}  报价 {price} 元",
    "pool": "专家库入库 {count} 人，回避后可抽取 {eligible} 人；专家库摘要已写入记录",
    "answered_accepted": "抽中的第 {seat} 席专家接受邀请",
    "answered_declined": "抽中的第 {seat} 席专家谢绝，由下一顺位递补",
    "seated": "{person} 在 {venue} 签到入座",
    "chair": "评标委员会推选 {person} 为组长",
    "verdict_responsive": "{bid} {name} 通过符合性审查（{of} 人表决）",
    "verdict_unresponsive": "{bid} {name} 未通过符合性审查："
    "{of} 人中 {against} 人认为不响应。{reason}",
    "marks": "评分密封提交 {percent}%（共 {of} 项，截止前任何人看不到分数）",
    "finding": "汇总第 {version} 版停止：{bid} 的 {criterion} 客观分各委员不一致",
    "corrected": "{member} 更正 {bid} 的 {criterion}：{before} 改为 {after}。{reason}",
    "consolidated": "汇总第 {version} 版生效，结果摘要 {short}",
    "signed_agree": "{member} 签字同意",
    "signed_dissent": "{member} 签字并保留意见：{reasons}",
    "signed_refuse": "{member} 拒绝签字：{reasons}",
    "reported": "评标报告已生成，SHA-256 {short}",
    "ended": "项目归档",
    "phase_opened": "—— 开标完成",
    "phase_drawn": "—— 专家抽取完成（各方承诺的随机数合成种子，谁也不能单独左右）",
    "phase_checked_in": "—— 全体专家到席",
    "phase_declared": "—— 全体签署承诺与回避声明",
    "phase_chaired": "—— 组长已产生",
    "phase_responsiveness": "—— 符合性审查开始",
    "phase_scoring": "—— 打分开始",
    "phase_released": "—— 全部评分表已签，分数同时公开",
    "phase_consolidated": "—— 汇总完成",
    "phase_confirmed": "—— 全体委员已表态",
    "phase_reported": "—— 报告完成",
    "phase_archived": "—— 归档",
    "ranking": "评标结果（综合评分法）",
    "rank": "第 {rank} 名  {total} 分  评标价 {price} 元  {name}",
    "unranked": "未排名  {name}（未通过符合性审查）",
    "verify": "独立验证证据包（bideval verify，不依赖任何服务器）",
    "ok": "通过",
    "failed": "失败",
    "verified": "验证通过：{entries} 条签名记录，{venues} 共同签署",
    "not_verified": "验证未通过",
    "report": "评标报告：{path}（主场 PAdES 签名）",
    "authority": "签发签名证书的演示机构：{path}",
    "bundle": "证据包：  {path}",
    "again": "再验证一次：bideval verify {path}",
    "took": "用时 {seconds} 秒",
    "pages": "页面仍在运行，打开后一键登录各角色（仅限本机演示数据）：",
    "page": "{name}  {url}/demo",
    "session": "本次项目编号 {session}",
    "stop": "按 Ctrl-C 结束。",
    "stopped": "已停止全部服务器。",
}

ENGLISH: Words = {
    "intro": "Remote bid evaluation: a main venue and two branches, each with a server, a database "
    "and keys of its own, all on this machine's loopback.",
    "out": "Everything is kept in {out}",
    "ports": "Ports from {wanted} on are taken; using free ones instead: {ports}.",
    "papers": "making five bids (PDF) and the keys of three venues ...",
    "servers": "three servers are ready: {urls}",
    "papers_done": "five bids are made, {pages} pages in all",
    "founded": "the main venue founds the session with {branches}; private keys stay with people",
    "published": "tender published; bids close at {deadline}; {bidders} bidders are registered",
    "sealed": "{bids} bids are encrypted: any three of five officers together can open them",
    "announced": "opened: {bid}  {name}  price {price}",
    "pool": "pool of {count} experts, {eligible} after exclusions; its digest is in the record",
    "answered_accepted": "the expert drawn for seat {seat} accepts",
    "answered_declined": "the expert drawn for seat {seat} declines; the next ticket follows",
    "seated": "{person} is checked in at {venue}",
    "chair": "the panel elects {person} as its chair",
    "verdict_responsive": "{bid} {name} is responsive ({of} votes)",
    "verdict_unresponsive": "{bid} {name} is unresponsive: {against} of {of} members. {reason}",
    "marks": "marks sealed: {percent}% of {of}; nobody can read one before release",
    "finding": "consolidation {version} stops: objective marks of {bid}, {criterion} differ",
    "corrected": "{member} corrects {bid}, {criterion}: {before} becomes {after}. {reason}",
    "consolidated": "consolidation {version} holds, digest {short}",
    "signed_agree": "{member} signs and agrees",
    "signed_dissent": "{member} signs with a dissent: {reasons}",
    "signed_refuse": "{member} refuses to sign: {reasons}",
    "reported": "the report is made, SHA-256 {short}",
    "ended": "the session is archived",
    "phase_opened": "-- bids are opened",
    "phase_drawn": "-- experts are drawn by a seed that nobody could steer alone",
    "phase_checked_in": "-- all experts are seated",
    "phase_declared": "-- all have declared",
    "phase_chaired": "-- there is a chair",
    "phase_responsiveness": "-- responsiveness is reviewed",
    "phase_scoring": "-- scoring begins",
    "phase_released": "-- all scoresheets are signed; marks are released together",
    "phase_consolidated": "-- consolidated",
    "phase_confirmed": "-- all members have taken a stance",
    "phase_reported": "-- reported",
    "phase_archived": "-- archived",
    "ranking": "Result (comprehensive scoring)",
    "rank": "{rank}.  {total} points  evaluated price {price}  {name}",
    "unranked": "-   {name} (unresponsive)",
    "verify": "Independent verification of the bundle (bideval verify; no server is asked)",
    "ok": "ok",
    "failed": "FAILED",
    "verified": "verified: {entries} signed entries, co-signed by {venues}",
    "not_verified": "NOT VERIFIED",
    "report": "report: {path} (PAdES signature of the main venue)",
    "authority": "who vouches for that signature here: {path}",
    "bundle": "bundle: {path}",
    "again": "verify it again: bideval verify {path}",
    "took": "took {seconds} s",
    "pages": "The pages keep running; sign in to any role by one click (loopback, demo data only):",
    "page": "{name}  {url}/demo",
    "session": "the session is {session}",
    "stop": "Ctrl-C stops everything.",
    "stopped": "All servers are stopped.",
}

LANGUAGES = {"zh": CHINESE, "en": ENGLISH}

_SHORT = 16
"""Characters of a digest that a line shows."""


def line_for(words: Words, event: str, facts: Mapping[str, object]) -> str | None:
    """Return the line for an event of the meeting, or None for what needs none."""
    key = _key(event, facts)
    if key not in words:
        return None
    return words[key].format(**_values(facts))


def _key(event: str, facts: Mapping[str, object]) -> str:
    variant = {"phase": "phase", "answered": "answer", "verdict": "verdict", "signed": "stance"}
    return f"{event}_{facts[variant[event]]}" if event in variant else event


def _values(facts: Mapping[str, object]) -> dict[str, object]:
    digest = str(facts.get("digest") or facts.get("sha256") or "")
    joined = {
        name: ", ".join(map(str, value)) if isinstance(value, list) else value
        for name, value in facts.items()
    }
    return {**joined, "short": digest[:_SHORT]}
