BeforeAll {
    Import-Module (Join-Path $PSScriptRoot 'TestHelpers.psm1')
    Import-StagedModule
    $fake = New-FakeAgent @{
        'GET /v1/pairs'                = @{ items = @((New-PairBody sales), (New-PairBody theirs @{ role = 'Target' })) }
        'GET /v1/pairs/sales/schedule' = @{ kind = 'Cron'; cron = '0 2 * * *'; timeZone = 'Europe/Berlin'; pair = 'sales'; coalescedTicks = 2 }
        'GET /v1/pairs/theirs/schedule' = New-ErrorBody PairNotHere
    }
}

AfterAll { Stop-FakeAgent $fake }

Describe 'Get-MirrorSchedule' {
    It 'shows the schedules that the agent runs' {
        (Get-MirrorSchedule -Agent $fake.StateDirectory -ErrorAction Stop).Pair | Should -Be 'sales'
        { Get-MirrorSchedule theirs -Agent $fake.StateDirectory -ErrorAction Stop } | Should -Throw -ErrorId 'PairNotHere,*'
    }

    It 'shows it in one phrase, which New-MirrorPair takes' {
        $schedule = Get-MirrorSchedule sales -Agent $fake.StateDirectory
        "$schedule" | Should -Be 'Cron 0 2 * * * (Europe/Berlin)'
        $fake.Route['POST /v1/pairs'] = New-PairBody copy
        $null = New-MirrorPair copy /a /d -Schedule $schedule -Agent $fake.StateDirectory
        (Get-LastRequest $fake).Body.schedule.timeZone | Should -Be 'Europe/Berlin'
        $null = New-MirrorPair copy /a /d -Schedule "$schedule" -Agent $fake.StateDirectory
        (Get-LastRequest $fake).Body.schedule.cron | Should -Be '0 2 * * *'
    }
}
