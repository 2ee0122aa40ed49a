BeforeAll {
    Import-Module (Join-Path $PSScriptRoot 'TestHelpers.psm1')
    Import-StagedModule
    $plan = @{ action = 'SuspendPair'; pair = 'sales'; bytesToMove = 0; dataLossAfterMs = 60000; pointsLost = 0; bytesDeleted = 0; grainsDiscarded = 0; warnings = @('The running cycle is given up.') }
    $fake = New-FakeAgent @{ 'POST /v1/pairs/sales/suspend' = New-PairBody sales @{ state = 'Suspended' }; 'POST /v1/plans' = $plan; 'POST /v1/pairs/off/suspend' = New-ErrorBody PairSuspended }
}

AfterAll { Stop-FakeAgent $fake }

Describe 'Suspend-MirrorPair' {
    It 'suspends' {
        (Suspend-MirrorPair sales -Agent $fake.StateDirectory -PassThru).State | Should -Be 'Suspended'
        Suspend-MirrorPair sales -Agent $fake.StateDirectory | Should -BeNullOrEmpty
    }

    It 'says the RPO after it with -WhatIf' {
        Get-SessionText "Suspend-MirrorPair sales -Agent '$($fake.StateDirectory)' -WhatIf" | Should -Match 'RPO after it: 1 min 0 s.*The running cycle is given up'
    }

    It 'says PairSuspended for one that is' {
        { Suspend-MirrorPair off -Agent $fake.StateDirectory -ErrorAction Stop } | Should -Throw -ErrorId 'PairSuspended,*'
    }
}

Describe 'Suspend-MirrorPair with real agents' -Tag RealAgent {
    It 'keeps the volume for hosts' {
        $pair = New-TestPair
        $pair | Suspend-MirrorPair
        (Get-MirrorPair $pair.Name -Agent (Get-TestSites).Site1).State | Should -Be 'Suspended'
        Write-MirrorVolume $pair.Name 0 ([byte[]]::new(512)) -Agent (Get-TestSites).Site1 -ErrorAction Stop
        { $pair | Start-FlashcopyCycle -ErrorAction Stop } | Should -Throw -ErrorId 'PairSuspended,*'
    }
}
