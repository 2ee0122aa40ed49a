BeforeAll {
    Import-Module (Join-Path $PSScriptRoot 'TestHelpers.psm1')
    Import-StagedModule
    $fake = New-FakeAgent @{
        'GET /v1/pairs/sales/cycles'         = @{ items = @((New-CycleBody 8), (New-CycleBody 7 Committed)) }
        'GET /v1/pairs/idle/cycles'          = @{ items = @(, (New-CycleBody 7 Committed)) }
        'POST /v1/pairs/sales/cycles/8/stop' = New-CycleBody 8 GivenUp
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

    It 'says NoCycleRunning where none does' {
        { Stop-FlashcopyCycle idle -Agent $fake.StateDirectory -ErrorAction Stop } | Should -Throw -ErrorId 'NoCycleRunning,*'
    }
}
