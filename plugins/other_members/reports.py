"""The other member units' report form."""

# A form's example is read, never changed.
# ruff: noqa: RUF012

from core.api import ReportForm, long_text, metric


class StaffAndCustomers(ReportForm):
    """OTH-01: what was done among staff and customers."""

    example = {
        "done": "组织职工学习防骗知识，在服务大厅设置宣传台。",
        "staff": "75",
        "customers": "640",
    }
    done = long_text("开展的工作", "What was done")
    staff = metric("发动职工", "Staff", unit=("人", "people"))
    customers = metric("覆盖客户", "Customers", unit=("人", "customers"))
