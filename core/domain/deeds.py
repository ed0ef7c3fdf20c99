"""The deeds that the audit trail knows, by the names that routes declare and records carry."""

from __future__ import annotations

from core.domain.text import Text

#: How a deed ended.
OUTCOMES = {
    "done": Text("完成", "Done"),
    "repeated": Text("重复提交", "Repeated"),
    "denied": Text("被拒绝", "Denied"),
    "invalid": Text("内容有误", "Invalid"),
    "conflict": Text("已被他人更改", "Conflict"),
    "failed": Text("失败", "Failed"),
}

DEEDS = {
    "account.login": Text("登录", "Log in"),
    "account.logout": Text("退出登录", "Log out"),
    "account.language": Text("切换语言", "Change language"),
    "account.password": Text("修改密码", "Change password"),
    "account.end_session": Text("结束登录会话", "End a session"),
    "notification.read": Text("标记消息已读", "Mark notices as read"),
    "report.save": Text("保存报告", "Save a report"),
    "report.submit": Text("提交报告", "Submit a report"),
    "report.withdraw": Text("撤回报告", "Withdraw a report"),
    "report.reopen": Text("重新打开报告", "Reopen a report"),
    "evidence.upload": Text("上传材料", "Upload a file"),
    "review.claim": Text("开始审核", "Begin a review"),
    "review.release": Text("放回审核队列", "Put a report back in the queue"),
    "review.accept": Text("审核通过", "Accept a report"),
    "review.return": Text("审核退回", "Return a report"),
    "evidence.add": Text("放进材料袋", "Put evidence into the bag"),
    "evidence.describe": Text("修改材料说明", "Describe evidence"),
    "evidence.remove": Text("从材料袋删除", "Remove evidence from the bag"),
    "evidence.pack": Text("导出移交包", "Hand over a pack"),
    "evidence.mask": Text("遮挡图片", "Mask a picture"),
    "evidence.unmask": Text("取消遮挡", "Remove a mask"),
    "evidence.open_original": Text("打开遮挡的原件", "Open a masked original"),
    "evidence.damaged": Text("原件校验失败", "An original failed its check"),
    "unit.enable": Text("启用单位", "Enable a unit"),
    "unit.disable": Text("停用单位", "Disable a unit"),
    "unit.switch": Text("按名单启停单位", "Switch units by a list"),
    "unit.add": Text("新增单位", "Add a unit"),
    "plugin.enable": Text("启用单位类别插件", "Switch a plugin on"),
    "plugin.disable": Text("停用单位类别插件", "Switch a plugin off"),
    "plugin.version": Text("插件换了版本", "Another version of a plugin"),
    "plugin.put_back": Text("恢复插件的暂停部分", "Put a plugin's parts back to work"),
    "plugin.failure": Text("插件出错", "Plugin failure"),
    "plugin.deed": Text("插件页面的操作", "Deed of a plugin"),
    "person.add": Text("新增人员", "Add a person"),
    "person.disable": Text("停用人员", "Disable a person"),
    "person.enable": Text("启用人员", "Enable a person"),
    "person.password": Text("重设密码", "Reset a password"),
    "campaign.publish": Text("发布活动", "Publish a campaign"),
    "region.import": Text("导入行政区划", "Import regions"),
    "evidence.infected": Text("发现病毒", "Virus found"),
    "period.close": Text("期次截止", "Close a period"),
    "task.run": Text("后台任务", "Background task"),
    "seed": Text("装入演示数据", "Load demo data"),
}
