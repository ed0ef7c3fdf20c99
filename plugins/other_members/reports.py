"""The other member units' report form."""

from core.api import ReportForm, long_text, metric


class StaffAndCustomers(ReportForm):
    """OTH-01: what was done among staff and customers."""

    done = long_text("开展的工作", "What was done")
    staff = metric("发动职工", "Staff", unit=("人", "people"))
    customers = metric("覆盖客户", "Customers", unit=("人", "customers"))
