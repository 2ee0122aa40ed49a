BeforeAll {
    Import-Module (Join-Path $PSScriptRoot 'TestHelpers.psm1')
    Import-StagedModule
    $volumes = foreach ($role in 'Source', 'FirstIntermediate') {
        @{ id = [guid]::NewGuid().ToString(); name = $(if ($role -eq 'Source') { 'sales' } else { "sales.$role" }); role = $role; pair = 'sales'; pairId = 'x'; path = "/$role"; sizeBytes = 1073741824; sectorSizeBytes = 512; grainSizeBytes = 65536; mountable = $role -eq 'Source'; readOnly = $false; attachments = @() }
    }
    $fake = New-FakeAgent @{ 'GET /v1/volumes' = @{ items = $volumes }; 'GET /v1/volumes/sales' = $volumes[0]; 'GET /v1/volumes/nope' = New-ErrorBody VolumeNotFound ObjectNotFound 404 }
}

AfterAll { Stop-FakeAgent $fake }

Describe 'Get-MirrorVolume' {
    It 'shows all, by name, by wildcard and by role' {
        (Get-MirrorVolume -Agent $fake.StateDirectory).Count | Should -Be 2
        (Get-MirrorVolume sales -Agent $fake.StateDirectory).Size | Should -Be 1GB
        (Get-MirrorVolume 'sales.*' -Agent $fake.StateDirectory).Role | Should -Be 'FirstIntermediate'
        (Get-MirrorVolume -Role Source -Agent $fake.StateDirectory).Name | Should -Be 'sales'
    }

    It 'says VolumeNotFound' {
        { Get-MirrorVolume nope -Agent $fake.StateDirectory -ErrorAction Stop } | Should -Throw -ErrorId 'VolumeNotFound,*'
    }

    It 'completes names of volumes' {
        $line = "Mount-MirrorVolume -Agent $($fake.StateDirectory) -Name s"
        ([System.Management.Automation.CommandCompletion]::CompleteInput($line, $line.Length, $null)).CompletionMatches.CompletionText | Should -Be 'sales'
        $line = "Get-MirrorVolume -Agent $($fake.StateDirectory) -Name s"
        ([System.Management.Automation.CommandCompletion]::CompleteInput($line, $line.Length, $null)).CompletionMatches.CompletionText | Should -Be 'sales', 'sales.FirstIntermediate'
    }
}
