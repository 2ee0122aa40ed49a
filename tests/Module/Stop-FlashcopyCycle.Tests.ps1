BeforeAll {
    Import-Module (Join-Path $PSScriptRoot 'TestHelpers.psm1')
    Import-StagedModule
    $fake = New-FakeAgent @{
        'GET /v1/pairs/sales/cycles'         = @{ items = @((New-CycleBody 8), (New-CycleBody 7 Committed)) }
        'GET /v1/pairs/idle/cycles'          = @{ items = @(, (New-CycleBody 7 Committed)) }
        'POST /v1/pairs/sales/cycles/8/stop' = New-CycleBody 8 GivenUp
        'GET /v1/pairs/sales'                = New-PairBody sales
        'GET /v1/pairs/idle'                 = New-PairBody idle
        'GET /v1/groups/shop'                = New-GroupBody shop
        'GET /v1/pairs/db'                   = New-PairBody db @{ group = 'shop' }
        'GET /v1/pairs/log'                  = New-PairBody log @{ group = 'shop' }
        'GET /v1/pairs/db/cycles'            = @{ items = @(, (New-CycleBody 8 -With @{ pair = 'db' })) }
        'POST /v1/pairs/db/cycles/8/stop'    = New-CycleBody 8 GivenUp @{ pair = 'db' }
        'GET /v1/pairs/log/cycles/8'         = New-CycleBody 8 GivenUp @{ pair = 'log' }
    }
}

AfterAll { Stop-FakeAgent $fake }

Describe 'Stop-FlashcopyCycle' {
    It 'gives up the running cycle' {
        (Stop-FlashcopyCycle sales -Agent $fake.StateDirectory -PassThru).State | Should -Be 'GivenUp'
        (Get-LastRequest $fake).Path | Should -Be '/v1/pairs/sales/cycles/8/stop'
    }

    It 'takes the cycle from the pipeline' {
        Get-FlashcopyCycle sales -Running -Agent $fake.StateDirectory | Stop-FlashcopyCycle
        (Get-LastRequest $fake).Path | Should -Be '/v1/pairs/sales/cycles/8/stop'
    }

    It 'gives up the cycle of a consistency group once' {
        $before = $fake.Requests.Count
        $cycles = Get-MirrorGroup shop -Agent $fake.StateDirectory | Stop-FlashcopyCycle -PassThru -ErrorAction Stop
        $cycles.Pair | Should -Be 'db', 'log'
        $cycles.State | Should -Be 'GivenUp', 'GivenUp'
        @($fake.Requests.ToArray() | Select-Object -Skip $before | Where-Object Method -EQ POST).Path | Should -Be '/v1/pairs/db/cycles/8/stop'
    }

    It 'says NoCycleRunning where none does' {
        { Stop-FlashcopyCycle idle -Agent $fake.StateDirectory -ErrorAction Stop } | Should -Throw -ErrorId 'NoCycleRunning,*'
    }
}
