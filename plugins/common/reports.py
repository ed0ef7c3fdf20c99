"""The report forms of every unit, one a duty."""

# A form's example is read, never changed.
# ruff: noqa: RUF012

from core.api import ReportForm, choices, date_field, long_text, metric, text, yes_no

CHANNELS = (
    ("wechat_account", "微信公众号", "WeChat official account"),
    ("wechat_groups", "微信群、朋友圈", "WeChat groups and Moments"),
    ("short_video", "抖音、快手等短视频", "Short videos (Douyin, Kuaishou, …)"),
    ("website", "网站、微博、客户端", "Websites, Weibo, apps"),
    ("sms", "短信", "Text messages"),
    ("television", "电视", "Television"),
    ("radio", "广播、大喇叭", "Radio and public loudspeakers"),
    ("newspaper", "报刊", "Newspapers and magazines"),
    ("screens", "电子屏、楼宇屏", "Electronic and building screens"),
    ("banners_posters", "横幅、海报、展板", "Banners, posters, display boards"),
    ("leaflets", "宣传册、宣传页", "Booklets and leaflets"),
    ("lectures", "讲座、培训、会议", "Talks, training, meetings"),
    ("on_the_spot", "现场宣传、咨询", "Stands and advice on the spot"),
    ("door_to_door", "入户走访", "Visits from door to door"),
    ("counter", "窗口、柜台提醒", "Reminders at the counter"),
    ("other", "其他", "Other"),
)


class Plan(ReportForm):
    """GEN-01: the plan of the publicity activities."""

    example = {
        "title": "防范电信网络诈骗集中宣传月活动方案",
        "leader": "分管副局长",
        "measures": "成立专班，分三个阶段开展宣传。\n每周检查一次落实情况。",
    }
    title = text("方案名称", "Title of the plan")
    leader = text("负责领导", "Leader in charge", max_length=60, hint=("姓名和职务", "Name and post"))
    measures = long_text("主要措施", "Main measures")


class Team(ReportForm):
    """GEN-02: the publicity team and the meeting at which the person responsible deployed the work."""

    example = {
        "leader": "分管副局长",
        "members": "办公室：统筹协调\n宣传科：材料制作",
        "meeting_date": "2020-10-27",
    }
    leader = text("专班负责人", "Head of the team", max_length=60, hint=("姓名和职务", "Name and post"))
    members = long_text(
        "专班成员",
        "Members of the team",
        hint=("每行一人：姓名、部门、分工", "One a line: name, department, task"),
    )
    meeting_date = date_field("部署会日期", "Date of the meeting")


class DailyWork(ReportForm):
    """GEN-03: what was done today, for the office and for the publicity matrix."""

    example = {
        "summary": "今日在中心广场开展反诈宣传，现场讲解“断卡”行动，解答群众咨询。",
        "activities": "3",
        "people_reached": "1200",
        "channels": ["wechat_account", "leaflets"],
        "share_to_feed": "yes",
    }
    summary = long_text(
        "当日工作情况",
        "What was done today",
        min_length=20,
        max_length=500,
        hint=(
            "20 至 500 字：做了什么、在哪里、效果如何",
            "20 to 500 characters: what was done, where, with what effect",
        ),
    )
    activities = metric("开展活动", "Activities", unit=("场", "activities"))
    people_reached = metric("覆盖群众", "People reached", unit=("人次", "people"))
    channels = choices("宣传渠道", "Channels used", options=CHANNELS)
    share_to_feed = yes_no(
        "同意进入宣传矩阵",
        "Share in the publicity matrix",
        default=True,
        hint=("供全省各地各单位交流借鉴", "For all places and units of the province to learn from"),
    )


class PhaseSummary(ReportForm):
    """GEN-04: the phase in review."""

    example = {
        "done": "按方案开展宣传，覆盖全部网点。",
        "results": "群众知晓率提高，劝阻转账三笔。",
        "problems": "无",
        "next_step": "转入校园宣传。",
    }
    done = long_text("开展的工作", "What was done")
    results = long_text("取得的成效", "Results")
    problems = long_text("存在的问题", "Problems", hint=("没有的填“无”", "If none, write “none”"))
    next_step = long_text("下一步打算", "Next step")


class FinalReport(ReportForm):
    """GEN-05: the report on the whole campaign."""

    example = {
        "report": "宣传月期间，我单位按照通知要求全面完成各项任务。",
        "honours": "城区网点宣传小组",
        "suggestions": "建议常态化开展。",
    }
    report = long_text("总结正文", "Report", max_length=10_000)
    honours = long_text(
        "先进典型",
        "Honours",
        required=False,
        hint=("建议表扬的集体和个人", "Teams and people to commend"),
    )
    suggestions = long_text("意见建议", "Suggestions", required=False)
