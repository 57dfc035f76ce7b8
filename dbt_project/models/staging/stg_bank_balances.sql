{{ current_versions("bank_balances") }}
