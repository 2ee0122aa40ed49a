BeforeAll {
    Import-Module (Join-Path $PSScriptRoot 'TestHelpers.psm1')
    Import-StagedModule
    $fake = New-FakeAgent @{
        'GET /v1/pairs'                = @{ items = @((New-PairBody sales), (New-PairBody cache @{ service = 'SyncCache' })) }
        'GET /v1/pairs/sales/cycles'   = @{ items = @((New-CycleBody 8), (New-CycleBody 7 Committed)) }
        'GET /v1/pairs/cache/cycles'   = New-ErrorBody CopyServiceHasNoCycles
        'GET /v1/pairs/sales/cycles/7' = New-CycleBody 7 Committed
    }
}

AfterAll { Stop-FakeAgent $fake }

Describe 'Get-FlashcopyCycle' {
    It 'shows the cycles of all pairs, and leaves out pairs that have none' {
        (Get-FlashcopyCycle -Agent $fake.StateDirectory -ErrorAction Stop).Number | Should -Be 8, 7
        { Get-FlashcopyCycle cache -Agent $fake.StateDirectory -ErrorAction Stop } | Should -Throw -ErrorId 'CopyServiceHasNoCycles,*'
    }

    It 'shows one by number, those that run, and as many as are wanted' {
        (Get-FlashcopyCycle sales -Number 7 -Agent $fake.StateDirectory).Duration | Should -Be ([timespan]::FromSeconds(4))
        (Get-FlashcopyCycle sales -Running -Agent $fake.StateDirectory).Number | Should -Be 8
        $null = Get-FlashcopyCycle sales -Newest 3 -Agent $fake.StateDirectory
        (Get-LastRequest $fake).Query | Should -Be '?take=3'
    }

    It 'shows percent and sizes in its table' {
        $text = Get-FlashcopyCycle sales -Agent $fake.StateDirectory | Out-String -Width 160
        $text | Should -Match '50 %'
        $text | Should -Match '3\.13 MB'
    }
}
