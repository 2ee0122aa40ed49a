BeforeAll {
    Import-Module (Join-Path $PSScriptRoot 'TestHelpers.psm1')
    Import-StagedModule
    $fake = New-FakeAgent @{ 'GET /v1/pairs/sales' = New-PairBody sales; 'PATCH /v1/pairs/sales' = New-PairBody sales @{ writePolicy = 'Hold' } }
}

AfterAll { Stop-FakeAgent $fake }

Describe 'Set-MirrorPair' {
    It 'sends only what is given' {
        (Get-MirrorPair sales -Agent $fake.StateDirectory | Set-MirrorPair -WritePolicy Hold -WriteDeadline 2s -PassThru).WritePolicy | Should -Be 'Hold'
        $request = Get-LastRequest $fake
        $request.Method | Should -Be 'PATCH'
        $request.Body.writePolicy | Should -Be 'Hold'
        $request.Body.writeDeadlineMs | Should -Be 2000
        @($request.Body.PSObject.Properties).Count | Should -Be 2
    }

    It 'refuses a parameter that the service of the pair does not use' {
        { Set-MirrorPair sales -HardeningMethod Counter -Agent $fake.StateDirectory -ErrorAction Stop } | Should -Throw -ErrorId 'ParameterNotUsedByService,*'
        (Get-LastRequest $fake).Method | Should -Be 'GET'
    }

    It 'sends the collision policy of a pair of AsyncCopy, and refuses it for another service' {
        $fake.Route['GET /v1/pairs/mail'] = $fake.Route['PATCH /v1/pairs/mail'] = New-PairBody mail @{ service = 'AsyncCopy' }
        Set-MirrorPair mail -CollisionPolicy SendFirst -WriteDeadline 1s -Agent $fake.StateDirectory
        $body = (Get-LastRequest $fake PATCH).Body
        $body.collisionPolicy, $body.writeDeadlineMs | Should -Be 'SendFirst', 1000
        { Set-MirrorPair mail -WritePolicy Hold -Agent $fake.StateDirectory -ErrorAction Stop } | Should -Throw -ErrorId 'ParameterNotUsedByService,*'
        { Set-MirrorPair sales -CollisionPolicy SendFirst -Agent $fake.StateDirectory -ErrorAction Stop } | Should -Throw -ErrorId 'ParameterNotUsedByService,*'
    }

    It 'sends how many points to keep, from 1 to 32' -Tag 'A-10' {
        $fake.Route['GET /v1/pairs/mail'] = $fake.Route['PATCH /v1/pairs/mail'] = New-PairBody mail @{ service = 'AsyncCopy'; retainPoints = 8 }
        (Set-MirrorPair mail -RetainPoints 8 -PassThru -Agent $fake.StateDirectory).RetainPoints | Should -Be 8
        (Get-LastRequest $fake PATCH).Body.retainPoints | Should -Be 8
        foreach ($points in 0, 33) {
            { Set-MirrorPair mail -RetainPoints $points -Agent $fake.StateDirectory } | Should -Throw -ErrorId 'ParameterArgumentValidationError,*'
        }
    }

    It 'sends both timers, and refuses the one that the service does not use' -Tag 'A-2', 'A-3' {
        $fake.Route['GET /v1/pairs/mail'] = $fake.Route['PATCH /v1/pairs/mail'] = New-PairBody mail @{ service = 'AsyncCopy'; runTimerMs = 5000; maximumIncrementMs = 21600000 }
        $pair = Set-MirrorPair mail -RunTimer 5s -MaximumIncrement 6h -PassThru -Agent $fake.StateDirectory
        $pair.RunTimer, $pair.MaximumIncrement | Should -Be ([timespan]::FromSeconds(5)), ([timespan]::FromHours(6))
        $body = (Get-LastRequest $fake PATCH).Body
        $body.runTimerMs, $body.maximumIncrementMs | Should -Be 5000, 21600000
        @($body.PSObject.Properties).Count | Should -Be 2
        Set-MirrorPair sales -RunTimer 500ms -Agent $fake.StateDirectory
        (Get-LastRequest $fake PATCH).Body.runTimerMs | Should -Be 500
        { Set-MirrorPair sales -MaximumIncrement 1h -Agent $fake.StateDirectory -ErrorAction Stop } | Should -Throw '*does not use -MaximumIncrement*' -ErrorId 'ParameterNotUsedByService,*'
    }

    It 'changes nothing with -WhatIf' {
        Set-MirrorPair sales -NewName x -Agent $fake.StateDirectory -WhatIf
        (Get-LastRequest $fake).Method | Should -Be 'GET'
    }
}

Describe 'Set-MirrorPair with real agents' -Tag RealAgent {
    It 'renames a pair on both agents and keeps its identity' {
        $sites = Get-TestSites
        $pair = New-TestPair
        $renamed = $pair | Set-MirrorPair -NewName "$($pair.Name)-x" -WritePolicy Hold -PassThru
        $renamed.Id | Should -Be $pair.Id
        $renamed.WritePolicy | Should -Be 'Hold'
        (Get-MirrorPair $renamed.Name -Agent $sites.Site2).Id | Should -Be $pair.Id
    }

    It 'changes the collision policy on both agents' -Tag 'A-5' {
        $sites = Get-TestSites
        $pair = New-TestPair -With @{ Service = 'AsyncCopy' }
        ($pair | Set-MirrorPair -CollisionPolicy SendFirst -PassThru).CollisionPolicy | Should -Be 'SendFirst'
        (Get-MirrorPair $pair.Name -Agent $sites.Site2).CollisionPolicy | Should -Be 'SendFirst'
    }

    It 'changes the timers, and names the cause where a value is out of its range' -Tag 'A-2', 'A-3' {
        $sites = Get-TestSites
        $pair = New-TestPair -With @{ Service = 'AsyncCopy'; MaximumIncrement = '2h' }
        $pair.MaximumIncrement, $pair.RunTimer, $pair.IncrementState | Should -Be ([timespan]::FromHours(2)), ([timespan]::FromSeconds(2)), 'Normal'
        ($pair | Set-MirrorPair -MaximumIncrement 3h -RunTimer 750ms -PassThru).MaximumIncrement | Should -Be ([timespan]::FromHours(3))
        (Get-MirrorPair $pair.Name -Agent $sites.Site2).RunTimer | Should -Be ([timespan]::FromMilliseconds(750))
        { $pair | Set-MirrorPair -RunTimer 5m -ErrorAction Stop } | Should -Throw '*from 10 to 30000 ms*' -ErrorId 'InvalidArgument,*'
    }

    It 'changes how many points are kept on both agents, and says who keeps one only' -Tag 'A-10' {
        $sites = Get-TestSites
        $pair = New-TestPair -With @{ Service = 'AsyncCopy' }
        ($pair | Set-MirrorPair -RetainPoints 4 -PassThru).RetainPoints | Should -Be 4
        (Get-MirrorPair $pair.Name -Agent $sites.Site2).RetainPoints | Should -Be 4
        { New-TestPair | Set-MirrorPair -RetainPoints 2 -ErrorAction Stop } | Should -Throw '*Flashcopy keeps 1 committed point*' -ErrorId 'InvalidArgument,*'
    }
}
